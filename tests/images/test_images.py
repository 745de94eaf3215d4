"""Picture bytes, on generated pictures of every kind a person may bring."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from playground import images
from playground.errors import UnusablePicture
from playground.images.loading import write_atomically
from playground.request import PreparedImage

ACCEPTS = ("image/png", "image/jpeg", "image/webp")
LIMIT = 7_000_000


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(width: int = 40, height: int = 24, mode: str = "RGB") -> Image.Image:
    across = np.linspace(0, 255, width, dtype=np.uint8)[None, :].repeat(height, 0)
    down = np.linspace(0, 255, height, dtype=np.uint8)[:, None].repeat(width, 1)
    return Image.fromarray(np.dstack([across, down, np.full_like(across, 90)])).convert(mode)


def noise(width: int, height: int, bands: int = 3) -> Image.Image:
    shape = (height, width, bands) if bands > 1 else (height, width)
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8))


def heif(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, **options)
    return buffer.getvalue()


def transparent(mode: str = "RGBA") -> Image.Image:
    image = gradient().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image.convert(mode)


def with_orientation(orientation: int, kind: str = "JPEG") -> bytes:
    """Red left, blue right once turned upright; a place in the EXIF block as well."""
    upright = Image.new("RGB", (40, 24), "red")
    upright.paste((0, 0, 255), (20, 0, 40, 24))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    exif[0x010F] = "SecretCamera"
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    return saved(stored, kind, exif=exif)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def declared_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def rgb16_png() -> bytes:
    rows = b"".join(b"\0" + struct.pack(">12H", *range(0, 60_000, 5_000)) for _ in range(4))
    header = struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def put(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "the-persons-file"
        path.write_bytes(data)
        return path

    return write


Prepare = Callable[..., PreparedImage]


@pytest.fixture
def prepare(put: Callable[[bytes], Path], tmp_path: Path) -> Prepare:
    def run(data: bytes, accepts: tuple[str, ...] = ACCEPTS, max_bytes: int = LIMIT) -> PreparedImage:
        return images.prepare(
            put(data), accepts=accepts, max_bytes=max_bytes, folder=tmp_path / "out", number=3
        )

    return run


def content(prepared: PreparedImage) -> Image.Image:
    """The copy, decoded, after checking that what is said about it is true."""
    data = prepared.path.read_bytes()
    info = images.sniff(data)
    assert info is not None
    assert (info.mime_type, info.width, info.height) == (prepared.mime_type, prepared.width, prepared.height)
    assert len(data) == prepared.byte_count
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


# --- sniffing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "mime_type", "suffix"),
    [
        (saved(gradient(), "PNG"), "image/png", ".png"),
        (saved(gradient(), "JPEG"), "image/jpeg", ".jpg"),
        (saved(gradient(), "WEBP"), "image/webp", ".webp"),
        (saved(gradient(), "GIF"), "image/gif", ".gif"),
        (saved(gradient(), "BMP"), "image/bmp", ".bmp"),
        (saved(gradient(), "TIFF"), "image/tiff", ".tiff"),
        (saved(gradient(), "AVIF"), "image/avif", ".avif"),
        (heif(gradient()), "image/heic", ".heic"),
        (saved(gradient(), "MPO", save_all=True, append_images=[gradient()]), "image/jpeg", ".jpg"),
    ],
)
def test_sniff(data: bytes, mime_type: str, suffix: str) -> None:
    assert images.sniff(data) == images.ImageInfo(mime_type, 40, 24, suffix)
    assert images.extension(mime_type) == suffix


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        saved(gradient(), "PNG")[:20],
        b"\xff\xd8\xff",
        b"BM is a text",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBP",
        b"II*\0",
        b"\0\0\0\x18ftypheic" + b"\0" * 40,
        b"\0\0\0\x18ftypmp42" + b"\0" * 40,
        b"<html><body>",
        b"<svg/>",
        b"<html>" + saved(gradient(), "PNG"),
        declared_png(0, 5),
    ],
)
def test_sniff_nothing(data: bytes) -> None:
    assert images.sniff(data) is None


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (10_000, 10_000), (30_000, 10)])
def test_a_huge_header_is_information(width: int, height: int) -> None:
    info = images.sniff(declared_png(width, height))
    assert info == images.ImageInfo("image/png", width, height, ".png")


def test_a_truncated_picture_is_told_by_its_header() -> None:
    data = saved(noise(200, 100), "JPEG")
    assert images.sniff(data[: len(data) // 2]) == images.ImageInfo("image/jpeg", 200, 100, ".jpg")


def test_a_page_hidden_behind_a_picture_is_a_picture() -> None:
    info = images.sniff(saved(gradient(), "PNG") + b"<script>alert(1)</script>")
    assert info is not None
    assert info.mime_type == "image/png"


def test_an_unknown_type_has_a_harmless_extension() -> None:
    assert images.extension("text/html") == ".bin"


SEEDS = [saved(gradient(), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")]
SEEDS += [heif(gradient()), with_orientation(6), with_orientation(6, "PNG"), saved(transparent("LA"), "PNG")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4),
    st.integers(0, 2000),
)
def test_damage_is_refused_or_survived(
    tmp_path: Path, seed: bytes, hits: list[tuple[int, int]], keep: int
) -> None:
    data = bytearray(seed)
    for place, value in hits:
        data[place % len(data)] = value
    path = tmp_path / "damaged"
    path.write_bytes(data[: len(data) - keep % (len(data) // 2)])
    info = images.sniff(path.read_bytes())
    try:
        images.prepare(path, accepts=(), max_bytes=LIMIT, folder=tmp_path / "out")
        images.thumbnail(path, tmp_path / "small.webp", 16)
    except UnusablePicture as error:
        assert error.code.startswith("picture_")  # noqa: PT017
    else:
        assert info is not None


# --- going out untouched ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        saved(gradient(), "PNG"),
        saved(gradient(mode="L"), "PNG"),
        saved(gradient(mode="P"), "PNG"),
        saved(gradient(mode="1"), "PNG"),
        saved(transparent(), "PNG"),
        saved(gradient(), "JPEG"),
        saved(gradient(mode="L"), "JPEG"),
        saved(gradient(), "WEBP"),
        saved(transparent(), "WEBP"),
        saved(Image.new("RGB", (1, 1)), "PNG"),
        saved(Image.new("RGB", (30_000, 10)), "JPEG"),
        with_orientation(1),
        saved(gradient(), "PNG") + b"<html>polyglot</html>",
    ],
)
def test_a_plain_picture_goes_out_byte_for_byte(data: bytes, prepare: Prepare, tmp_path: Path) -> None:
    prepared = prepare(data)
    assert prepared.path == tmp_path / "the-persons-file"
    assert prepared.path.read_bytes() == data
    assert prepared.changes == ()
    assert prepared.byte_count == len(data)
    assert not (tmp_path / "out").exists()


def test_heic_goes_out_untouched_where_it_is_accepted(prepare: Prepare) -> None:
    assert prepare(heif(gradient()), accepts=("image/heic",)).changes == ()


def test_exactly_at_the_limit(prepare: Prepare) -> None:
    data = saved(noise(60, 60), "PNG")
    assert prepare(data, max_bytes=len(data)).changes == ()
    assert prepare(data, max_bytes=len(data) - 1).changes != ()


def test_untouched_takes_a_header_read_only(put: Callable[[bytes], Path], tmp_path: Path) -> None:
    path = put(saved(noise(1500, 1500), "PNG"))
    times = []
    for _ in range(5):
        start = time.process_time()
        images.prepare(path, accepts=ACCEPTS, max_bytes=10**9, folder=tmp_path)
        times.append(time.process_time() - start)
    assert min(times) < 0.01  # decoding it takes ten times as long


# --- conversion -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "mime_type", "mode", "changes"),
    [
        (saved(gradient().convert("CMYK"), "JPEG"), "image/jpeg", "RGB", ("converted",)),
        (saved(transparent("LA"), "PNG"), "image/png", "RGBA", ("converted",)),
        (rgb16_png(), "image/jpeg", "RGB", ("converted",)),
        (saved(gradient(), "GIF"), "image/jpeg", "RGB", ("converted",)),
        (saved(gradient(), "BMP"), "image/jpeg", "RGB", ("converted",)),
        (saved(gradient(mode="1"), "BMP"), "image/jpeg", "L", ("converted",)),
        (saved(gradient(), "TIFF"), "image/jpeg", "RGB", ("converted",)),
        (saved(gradient().convert("CMYK"), "TIFF"), "image/jpeg", "RGB", ("converted",)),
        (saved(gradient(mode="L").convert("F"), "TIFF"), "image/jpeg", "L", ("converted",)),
        (saved(gradient(mode="L").convert("I"), "TIFF"), "image/jpeg", "L", ("converted",)),
        (saved(gradient(), "AVIF"), "image/jpeg", "RGB", ("converted",)),
        (saved(transparent(), "AVIF"), "image/png", "RGBA", ("converted",)),
        (heif(gradient()), "image/jpeg", "RGB", ("converted",)),
        (heif(transparent()), "image/png", "RGBA", ("converted",)),
        (saved(transparent(), "TIFF"), "image/png", "RGBA", ("converted",)),
    ],
)
def test_everything_else_is_converted(
    data: bytes, mime_type: str, mode: str, changes: tuple[str, ...], prepare: Prepare, tmp_path: Path
) -> None:
    prepared = prepare(data)
    image = content(prepared)
    assert (prepared.mime_type, image.mode, prepared.changes) == (mime_type, mode, changes)
    assert prepared.path.parent == tmp_path / "out"
    assert prepared.path.suffix == images.extension(mime_type)
    assert list((tmp_path / "out").iterdir()) == [prepared.path]


def test_sixteen_bit_grey_keeps_its_tones(prepare: Prepare) -> None:
    ramp = np.linspace(0, 65_535, 256).astype(np.uint16)[None, :].repeat(16, 0)
    image = content(prepare(saved(Image.fromarray(ramp), "PNG")))
    values = np.asarray(image.convert("L"))[8]
    assert abs(int(values[0])) < 4
    assert abs(int(values[128]) - 128) < 4
    assert abs(int(values[255]) - 255) < 4


def test_an_animation_gives_its_first_frame(prepare: Prepare) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP"):
        prepared = prepare(
            saved(frames[0], kind, save_all=True, append_images=frames[1:]), accepts=(*ACCEPTS, "image/gif")
        )
        red, _, blue = content(prepared).getpixel((10, 10))
        assert prepared.changes == ("converted",)
        assert red > 200 > 60 > blue


def test_a_transparent_gif_keeps_its_hole(prepare: Prepare) -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (10, 0, 20, 20))
    prepared = prepare(saved(image, "GIF", transparency=0))
    assert prepared.mime_type == "image/png"
    assert content(prepared).getpixel((2, 2))[3] == 0


def test_a_phones_heic_is_turned_upright(prepare: Prepare) -> None:
    pillow_heif.register_heif_opener()
    stored = Image.open(io.BytesIO(with_orientation(6)))
    image = content(prepare(saved(stored, "HEIF", exif=stored.getexif().tobytes())))
    assert image.size == (40, 24)
    assert image.getpixel((5, 12))[0] > 200


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_turned_upright(orientation: int, kind: str, prepare: Prepare) -> None:
    prepared = prepare(with_orientation(orientation, kind))
    image = content(prepared).convert("RGB")
    assert image.size == (40, 24)
    assert "upright" in prepared.changes
    assert ("converted" in prepared.changes) is (kind != "JPEG")
    left, right = image.getpixel((5, 12)), image.getpixel((35, 12))
    assert left[0] > 200 > left[2]
    assert right[2] > 200 > right[0]


def test_places_and_comments_stay_home(prepare: Prepare) -> None:
    data = with_orientation(6)
    commented = data[:2] + b"\xff\xfe\x00\x10my secret note" + data[2:]
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "my secret note")
    for source in (commented, saved(transparent("LA"), "PNG", pnginfo=note)):
        sent = prepare(source).path.read_bytes()
        for secret in (b"secret", b"SecretCamera", b"Exif"):
            assert secret not in sent


def test_an_rgb_profile_stays(prepare: Prepare) -> None:
    profile = b"not really a profile, but carried as one"
    sent = content(prepare(saved(gradient(), "TIFF", icc_profile=profile)))
    assert sent.info["icc_profile"] == profile
    assert (
        "icc_profile"
        not in content(prepare(saved(gradient().convert("CMYK"), "JPEG", icc_profile=profile))).info
    )


@pytest.mark.parametrize("max_bytes", [200_000, 30_000, 2_000])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_large_pictures_are_shrunk_until_they_fit(kind: str, max_bytes: int, prepare: Prepare) -> None:
    prepared = prepare(saved(noise(700, 500), kind), max_bytes=max_bytes)
    assert prepared.byte_count <= max_bytes
    assert "shrunk" in prepared.changes
    assert prepared.mime_type == "image/jpeg"
    assert abs(prepared.width / prepared.height - 1.4) < 0.1
    content(prepared)


def test_not_shrunk_more_than_needed(prepare: Prepare) -> None:
    prepared = prepare(saved(noise(700, 500), "PNG"), max_bytes=200_000)
    assert prepared.byte_count > 100_000


def test_a_large_png_with_alpha_is_laid_on_white(prepare: Prepare) -> None:
    image = noise(300, 200, 4)
    image.paste((0, 0, 0, 0), (0, 0, 100, 200))
    prepared = prepare(saved(image, "PNG"), max_bytes=150_000)
    assert prepared.mime_type == "image/jpeg"
    assert prepared.changes == ("converted", "flattened")
    assert min(content(prepared).getpixel((20, 100))) > 245


def test_opaque_alpha_becomes_a_jpeg(prepare: Prepare) -> None:
    prepared = prepare(saved(gradient().convert("RGBA"), "TIFF"))
    assert (prepared.mime_type, prepared.changes) == ("image/jpeg", ("converted",))


def test_what_is_accepted_decides_the_type(prepare: Prepare) -> None:
    assert prepare(saved(gradient(), "BMP"), accepts=("image/png",)).mime_type == "image/png"
    assert prepare(saved(transparent(), "PNG"), accepts=("image/jpeg",)).changes == ("converted", "flattened")
    assert prepare(saved(gradient(), "WEBP"), accepts=("image/jpeg",)).changes == ("converted",)
    small = prepare(saved(noise(300, 200, 4), "PNG"), accepts=("image/png",), max_bytes=40_000)
    assert (small.mime_type, small.changes) == ("image/png", ("shrunk",))


def test_a_side_longer_than_a_jpeg_allows(prepare: Prepare) -> None:
    prepared = prepare(saved(Image.new("RGB", (70_000, 4)), "BMP"))
    assert prepared.changes == ("converted", "shrunk")
    assert prepared.width <= 65_000


def test_a_large_photograph_is_drafted(prepare: Prepare) -> None:
    data = saved(gradient(6000, 4000), "JPEG", quality=95)
    start = time.process_time()
    prepared = prepare(data, max_bytes=len(data) // 20)
    assert prepared.byte_count <= len(data) // 20
    assert time.process_time() - start < 3


# --- refusals ---------------------------------------------------------------------------------------------


def test_names_tell_nothing(put: Callable[[bytes], Path], tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(saved(gradient(), "JPEG"))
    assert images.prepare(path, accepts=ACCEPTS, max_bytes=LIMIT, folder=tmp_path).mime_type == "image/jpeg"


@pytest.mark.parametrize(
    ("data", "code", "facts"),
    [
        (b"", "picture_empty", {}),
        (b"just words", "picture_unreadable", {}),
        (saved(gradient(), "PNG")[:20], "picture_unreadable", {}),
        (saved(noise(90, 90), "BMP")[:9000], "picture_unreadable", {}),
        (heif(noise(90, 90))[:900], "picture_unreadable", {}),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_unsupported", {"kind": "SVG"}),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<svg/>", "picture_unsupported", {"kind": "SVG"}),
        (b"<!DOCTYPE html><p>", "picture_unsupported", {"kind": "HTML"}),
        (b"%PDF-1.7", "picture_unsupported", {"kind": "PDF"}),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 40, "picture_unsupported", {"kind": "video"}),
        (b"\x1a\x45\xdf\xa3webm", "picture_unsupported", {"kind": "video"}),
        (b"8BPS\0\1", "picture_unsupported", {"kind": "Photoshop"}),
        (b"PK\x03\x04", "picture_unsupported", {"kind": "ZIP"}),
        (b"\0\0\1\0\1\0", "picture_unsupported", {"kind": "icon"}),
        (
            declared_png(60_000, 60_000),
            "picture_too_many_pixels",
            {"width": "60000", "height": "60000", "megapixels": "3600", "allowed": "80"},
        ),
        (
            declared_png(8_001, 10_000),
            "picture_too_many_pixels",
            {"width": "8001", "height": "10000", "megapixels": "80", "allowed": "80"},
        ),
    ],
)
def test_refusals(data: bytes, code: str, facts: dict[str, str], prepare: Prepare, tmp_path: Path) -> None:
    with pytest.raises(UnusablePicture) as caught:
        prepare(data)
    assert (caught.value.code, dict(caught.value.facts)) == (code, {"number": "3", **facts})
    if data.startswith(b"BM"):  # half of it can be drawn
        images.thumbnail(data, tmp_path / "t.webp")
        return
    with pytest.raises(UnusablePicture) as again:
        images.thumbnail(data, tmp_path / "t.webp")
    assert again.value.code == code


def test_a_missing_picture(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.png", tmp_path):
        with pytest.raises(UnusablePicture) as caught:
            images.prepare(path, accepts=ACCEPTS, max_bytes=LIMIT, folder=tmp_path, number=2)
        assert (caught.value.code, caught.value.facts["number"]) == ("picture_missing", "2")


def test_a_limit_that_nothing_fits(prepare: Prepare) -> None:
    with pytest.raises(UnusablePicture) as caught:
        prepare(saved(noise(90, 90), "PNG"), max_bytes=50)
    assert (caught.value.code, caught.value.facts["allowed"]) == ("picture_too_large", "50")


# --- thumbnails -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", SEEDS)
@pytest.mark.parametrize("name", ["t.webp", "t.jpg"])
def test_thumbnails(data: bytes, name: str, tmp_path: Path) -> None:
    target = images.thumbnail(data, tmp_path / "deep" / name, 16)
    with Image.open(target) as small:
        assert max(small.size) == 16
        assert small.format == {"t.webp": "WEBP", "t.jpg": "JPEG"}[name]
        assert not small.getexif()


def test_a_thumbnail_is_upright_and_from_a_path_too(put: Callable[[bytes], Path], tmp_path: Path) -> None:
    path = put(with_orientation(6))
    with Image.open(images.thumbnail(path, tmp_path / "t.webp")) as small:
        assert small.size == (40, 24)


def test_a_thumbnail_keeps_transparency(tmp_path: Path) -> None:
    with Image.open(images.thumbnail(saved(transparent(), "PNG"), tmp_path / "t.webp", 16)) as small:
        assert small.mode == "RGBA"


def test_a_large_thumbnail_is_quick(tmp_path: Path) -> None:
    data = saved(gradient(6000, 4000), "JPEG")
    start = time.process_time()
    images.thumbnail(data, tmp_path / "t.webp")
    assert time.process_time() - start < 1.5


# --- writing ----------------------------------------------------------------------------------------------


def test_writing_replaces_whole_files(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file"
    write_atomically(target, b"one")
    write_atomically(target, b"two")
    assert target.read_bytes() == b"two"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", b"data")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]
