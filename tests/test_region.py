"""A marked region: what is said of it, what goes along, and that nothing is said where nobody has painted."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

from playground import region
from playground.demo.painter import Commission, paint
from playground.history import rows
from playground.history.recovery import PICTURE_NAME
from playground.images import PLACES, extended, keep_outside, marked_box
from playground.images.deep import deep_pixels
from playground.images.extending import EMPTY
from playground.images.masks import WHITE
from playground.record import Record, RecordedOutcome, RecordedPicture


@pytest.mark.parametrize(
    ("prompt", "box", "number", "told"),
    [
        (
            "make it red",
            (0.1, 0.1, 0.3, 0.2),
            2,
            "make it red\nPicture 2 is a mask of picture 1: change only what is white in it, the upper left, "
            "and keep everything else exactly as it is.",
        ),
        (
            "改成红色",
            (0.7, 0.7, 1.0, 1.0),
            2,
            "改成红色\n图2是图1的遮罩：只改其中白色的部分（右下方），其余一律保持原样。",
        ),
        (
            "make it red",
            (0.0, 0.4, 1.0, 0.6),
            None,
            "make it red\nChange only the middle of the picture, and keep everything else exactly as it is.",
        ),
    ],
)
def test_a_region_is_told_once_in_the_prompts_language(
    prompt: str, box: region.Box, number: int | None, told: str
) -> None:
    assert region.told(prompt, box, number) == told
    assert region.told(told, box, number) == told
    assert region.without(told) == prompt
    assert region.mask_number(told) == number
    assert region.without("keep  it\n") == "keep  it\n"
    assert region.mask_number(prompt) is None
    alone = region.told("", box, 2, is_new=True, language="zh")
    assert alone.startswith("图2是图1的遮罩"), "where nothing is asked, the page's language is spoken"


def _mask(size: tuple[int, int], *, ground: str = "black") -> Image.Image:
    """White in its left half."""
    mask = Image.new("RGBA", size, ground)
    ImageDraw.Draw(mask).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill="white")
    return mask


@pytest.mark.parametrize("ground", ["black", "#00000000", "#ffffff00"])
def test_a_mask_marks_what_is_white(tmp_path: Path, ground: str) -> None:
    _mask((80, 60), ground=ground).save(tmp_path / "mask.png")
    assert marked_box(tmp_path / "mask.png") == (0.0, 0.0, 0.5, 1.0)
    Image.new("L", (80, 60)).save(tmp_path / "nothing.png")
    assert marked_box(tmp_path / "nothing.png") is None


def test_the_demo_answers_in_the_language_of_the_page_where_nothing_is_asked() -> None:
    asked = region.told("", (0.5, 0, 1, 1), 2, is_new=True, language="zh")
    given, mask = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(given, "PNG")
    _mask((64, 64)).save(mask, "PNG")
    pictures = (given.getvalue(), mask.getvalue())
    assert "新增的部分是画面的镜像" in paint(Commission(asked, 64, 64, pictures)).note


def test_the_demo_changes_what_is_marked_and_keeps_the_rest() -> None:
    given, mask = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(given, "PNG")
    _mask((640, 480)).save(mask, "PNG")
    asked = region.told("make it black and white", (0, 0, 0.5, 1), 2)
    pictures = (given.getvalue(), mask.getvalue())
    painting = paint(Commission(asked, 640, 480, pictures, mime_type="image/png"))
    with Image.open(io.BytesIO(painting.data)) as seen:
        left, right = (seen.convert("RGB").getpixel((x, 100)) for x in (80, 560))
    assert right == (0, 128, 128)
    assert len({*left}) == 1


@pytest.mark.parametrize("drift", [(0, 0), (12, -8), (-20, 16)])
def test_an_answer_that_has_moved_and_changed_its_colours_is_laid_where_it_was(
    tmp_path: Path, drift: tuple[int, int]
) -> None:
    """What the answer has in the region is what stood there before, so nothing moves at its edge."""
    size, box = (1200, 800), (400, 250, 800, 550)
    rough = Image.effect_noise((60, 40), 120).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    rough.save(tmp_path / "source.png")
    moved = ImageChops.offset(rough, *drift).point(lambda level: min(255, int(level * 1.1) + 6))
    moved.save(tmp_path / "answer.png")
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    mask.save(tmp_path / "mask.png")
    made = keep_outside(tmp_path / "answer.png", tmp_path / "source.png", tmp_path / "mask.png")
    wanted = rough.point(lambda level: min(255, int(level * 1.1) + 6))
    inner = Image.new("L", size)
    ImageDraw.Draw(inner).rectangle((420, 270, 780, 530), fill=255)
    with Image.open(io.BytesIO(made.data)) as whole:
        assert ImageStat.Stat(ImageChops.difference(whole, wanted).convert("L"), inner).mean[0] < 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("answered", [(1200, 800), (512, 512), (900, 620)])
def test_no_pixel_outside_of_a_region_is_another(
    tmp_path: Path, mode: str, answered: tuple[int, int]
) -> None:
    size = (903, 617)
    noise = Image.effect_noise(size, 90).convert("L")
    source = noise if mode == "L" else Image.merge(mode, [noise.rotate(90 * n) for n in range(len(mode))])
    source.save(tmp_path / "source.png")
    Image.new("RGB", answered, "orange").save(tmp_path / "answer.jpg")
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).ellipse((300, 200, 600, 400), fill=255)
    mask.filter(ImageFilter.GaussianBlur(3)).save(tmp_path / "mask.png")
    made = keep_outside(tmp_path / "answer.jpg", tmp_path / "source.png", tmp_path / "mask.png")
    with Image.open(io.BytesIO(made.data)) as whole, Image.open(tmp_path / "mask.png") as region:
        assert (made.width, made.height) == whole.size == size
        outside = region.point(lambda level: 255 * (level < 128))
        kept, black = whole.convert(source.mode), Image.new(source.mode, size)
        assert (
            Image.composite(kept, black, outside).tobytes()
            == Image.composite(source, black, outside).tobytes()
        )
        assert ImageStat.Stat(ImageChops.difference(kept, source), region).sum != [0.0] * len(kept.getbands())
        orange = whole.convert("RGB").getpixel((450, 300))
        assert all(abs(one - other) < 4 for one, other in zip(orange, (255, 165, 0), strict=True))


def test_a_made_picture_is_counted_as_none_that_came() -> None:
    came = RecordedPicture(name="1-1.jpg", sha256="0" * 64)
    made = RecordedPicture(name="1-2locked.png", sha256="1" * 64, locked=True)
    record = Record(outcomes=(RecordedOutcome(pictures=(came, made)),))
    facts = json.loads(rows.row(record, None, "").pictures)
    assert [one[6:] for one in facts] == [[], [False, True]]
    found = PICTURE_NAME.fullmatch(made.name)
    assert found is not None
    assert found[3] == "locked"


def test_a_thin_stroke_changes_what_is_under_it(tmp_path: Path) -> None:
    for name, colour in (("source.png", "teal"), ("answer.png", "orange")):
        Image.new("RGB", (900, 600), colour).save(tmp_path / name)
    mask = Image.new("L", (900, 600))
    ImageDraw.Draw(mask).line((100, 300, 800, 300), fill=255, width=3)
    mask.save(tmp_path / "mask.png")
    made = keep_outside(tmp_path / "answer.png", tmp_path / "source.png", tmp_path / "mask.png")
    with Image.open(io.BytesIO(made.data)) as whole:
        assert [whole.getpixel((450, y)) for y in (297, 300, 303)] == [
            (0, 128, 128),
            (255, 165, 0),
            (0, 128, 128),
        ]


def test_an_answer_of_another_shape_is_laid_where_it_fits(tmp_path: Path) -> None:
    """The model cut the sides off, and moved nothing."""
    source = Image.effect_noise((600, 400), 90).resize((60, 40)).resize((600, 400)).convert("RGB")
    source.save(tmp_path / "source.png")
    answer = source.crop((100, 0, 500, 400))
    answer.resize((800, 800)).save(tmp_path / "answer.png")
    mask = Image.new("L", source.size)
    ImageDraw.Draw(mask).rectangle((250, 100, 350, 300), fill=255)
    mask.save(tmp_path / "mask.png")
    made = keep_outside(tmp_path / "answer.png", tmp_path / "source.png", tmp_path / "mask.png")
    with Image.open(io.BytesIO(made.data)) as whole:
        difference = ImageChops.difference(whole, source).convert("L")
    assert ImageStat.Stat(difference, mask).mean[0] < 12


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("mode", "size"), [("RGB", (301, 200)), ("L", (77, 120)), ("RGBA", (64, 64))])
def test_an_extended_picture_keeps_every_pixel_where_it_lies(
    tmp_path: Path, mode: str, size: tuple[int, int], place: str
) -> None:
    noise = Image.effect_noise(size, 90).convert("L")
    source = noise if mode == "L" else Image.merge(mode, [noise.rotate(90 * n) for n in range(len(mode))])
    source.save(tmp_path / "source.png")
    made = extended(tmp_path / "source.png", 21 / 9, place, tmp_path)
    assert made is not None
    with Image.open(made[0]) as canvas, Image.open(made[1]) as mask:
        box = ImageChops.invert(mask).getbbox()
        assert box is not None
        kept = canvas.crop(box).convert(mode).tobytes()
        canvas.paste(EMPTY, box)
        colours = canvas.convert("RGB").getcolors()
        assert canvas.size == mask.size
    assert abs(canvas.width / canvas.height - 21 / 9) < 0.02
    assert (box[2] - box[0], box[3] - box[1], kept) == (*size, source.tobytes())
    assert colours == [(canvas.width * canvas.height, (128, 128, 128))]
    assert extended(made[0], canvas.width / canvas.height, place, tmp_path) is None


def test_what_is_new_meets_the_picture_without_a_line(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), "teal").save(tmp_path / "source.png")
    made = extended(tmp_path / "source.png", 2, "left", tmp_path)
    assert made is not None
    asked = region.told("more of it", (0.5, 0, 1, 1), 2, is_new=True)
    assert region.is_extended(asked)
    assert not region.is_extended("more of it")
    painting = paint(
        Commission(asked, 1200, 600, tuple(path.read_bytes() for path in made), mime_type="image/png")
    )
    (tmp_path / "answer.png").write_bytes(painting.data)
    whole = keep_outside(tmp_path / "answer.png", *made, is_empty=True)
    with Image.open(io.BytesIO(whole.data)) as seen:
        assert seen.convert("RGB").crop((290, 0, 310, 200)).getcolors() == [(4000, (0, 128, 128))]


def _raw_png(pixels: np.ndarray, exif: bytes = b"") -> bytes:
    """A PNG of 16 bits a channel without filters, by the standard and by nothing of ours."""
    height, width, channels = pixels.shape
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"eXIf", exif), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
        if data or name == b"IEND"
    )


KINDS: dict[str, tuple[str, str, dict[str, object]]] = {
    "png": ("RGB", "PNG", {}),
    "png-alpha": ("RGBA", "PNG", {}),
    "png-grey": ("L", "PNG", {}),
    "png-grey-alpha": ("LA", "PNG", {}),
    "png-palette": ("P", "PNG", {}),
    "png-palette-hole": ("P", "PNG", {"transparency": 3}),
    "jpeg": ("RGB", "JPEG", {"quality": 60}),
    "jpeg-grey": ("L", "JPEG", {}),
    "webp": ("RGB", "WEBP", {"quality": 40}),
    "webp-alpha": ("RGBA", "WEBP", {"lossless": True, "exact": True}),
    "png-16": ("", "", {}),
    "png-16-alpha": ("", "", {}),
    "png-16-grey": ("", "", {}),
}
"""Name -> mode, format, and how it is saved; those of 16 bits are written by hand."""
SIDE = st.integers(1, 97)


def _source(kind: str, size: tuple[int, int], orientation: int) -> bytes:
    """Noise in every channel, alpha among them, as a file of a kind that may say how it is to be turned."""
    width, height = size
    exif = Image.Exif()
    exif[0x0112] = orientation
    said = exif.tobytes() if orientation > 1 else b""
    mode, name, options = KINDS[kind]
    if not mode:
        channels = {"png-16": 3, "png-16-alpha": 4, "png-16-grey": 1}[kind]
        pixels = np.random.default_rng(5).integers(0, 65536, (height, width, channels), np.uint16)
        return _raw_png(pixels, said.removeprefix(b"Exif\0\0"))
    bands = 1 if mode == "P" else len(mode)
    levels = np.random.default_rng(5).integers(0, 256, (height, width, bands), np.uint8)
    image = Image.fromarray(levels[:, :, 0]) if bands == 1 else Image.fromarray(levels, mode)
    if mode == "P":
        image = image.convert("P")
    made = io.BytesIO()
    image.save(made, name, exif=said, **options)
    return made.getvalue()


def _upright(path: Path) -> np.ndarray:
    """Every pixel as a person sees it, with eight or sixteen bits, by Pillow or by the file's own rows."""
    if (deep := deep_pixels(path)) is not None:
        return deep
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened)
        has_alpha = "A" in image.getbands() or "transparency" in image.info
        return np.asarray(image.convert("RGBA" if has_alpha else "RGB"))


@example(  # a strip, and an answer of which hardly a pixel would be left
    kind="jpeg",
    size=(92, 1),
    orientation=3,
    box=(0.8, 0.0, 1.0, 0.0),
    shape="ellipse",
    answered=(1, 16),
    is_empty=True,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(KINDS)),
    size=st.tuples(SIDE, SIDE),
    orientation=st.integers(1, 8),
    box=st.tuples(*[st.floats(-0.2, 1.2)] * 4),
    shape=st.sampled_from(("ellipse", "rectangle", "line")),
    answered=st.tuples(SIDE, SIDE),
    is_empty=st.booleans(),
)
def test_whatever_picture_is_changed_no_pixel_outside_is_another(
    tmp_path: Path,
    kind: str,
    size: tuple[int, int],
    orientation: int,
    box: tuple[float, float, float, float],
    shape: str,
    answered: tuple[int, int],
    is_empty: bool,
) -> None:
    source = tmp_path / "source"
    source.write_bytes(_source(kind, size, orientation))
    before = _upright(source)
    height, width = before.shape[:2]
    assert (width, height) == (size if orientation < 5 else size[::-1])
    mask = Image.new("L", (width, height))
    across, down = sorted(box[:2]), sorted(box[2:])
    corners = (across[0] * width, down[0] * height, across[1] * width, down[1] * height)
    getattr(ImageDraw.Draw(mask), shape)(corners, fill=255)
    mask.save(tmp_path / "mask.png")
    Image.effect_noise(answered, 90).convert("RGB").save(tmp_path / "answer.png")
    made = keep_outside(tmp_path / "answer.png", source, tmp_path / "mask.png", is_empty=is_empty)
    (tmp_path / "made.png").write_bytes(made.data)
    after, outside = _upright(tmp_path / "made.png"), np.asarray(mask) < WHITE
    assert after.shape[:2] == before.shape[:2]
    assert after.dtype == before.dtype
    if after.shape[2] < before.shape[2]:  # alpha that hides nothing is not kept
        assert (before[:, :, 3] == np.iinfo(before.dtype).max).all()
        before = before[:, :, :3]
    assert np.array_equal(after[outside], before[outside])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_picture_of_16_bits_keeps_all_of_them_outside_of_a_region(tmp_path: Path, channels: int) -> None:
    pixels = np.random.default_rng(7).integers(0, 65536, (617, 403, channels), np.uint16)
    (tmp_path / "source.png").write_bytes(_raw_png(pixels))
    own = np.repeat(pixels, 3, axis=2) if channels == 1 else pixels
    Image.new("RGB", (403, 617), "orange").save(tmp_path / "answer.png")
    mask = Image.new("L", (403, 617))
    ImageDraw.Draw(mask).ellipse((100, 200, 300, 400), fill=255)
    mask.save(tmp_path / "mask.png")
    made = keep_outside(tmp_path / "answer.png", tmp_path / "source.png", tmp_path / "mask.png")
    (tmp_path / "made.png").write_bytes(made.data)
    whole, marked = deep_pixels(tmp_path / "made.png"), np.asarray(mask) > 0
    assert whole is not None
    assert np.array_equal(whole[~marked], own[~marked])
    assert whole[300, 200].tolist()[:3] == [0xFFFF, 165 * 257, 0]
    sheet = extended(tmp_path / "source.png", 2, "right", tmp_path)
    assert sheet is not None
    larger = deep_pixels(sheet[0])
    assert larger is not None
    assert np.array_equal(larger[:, -403:], own)
    assert larger[0, 0].tolist()[:3] == [0x8080] * 3
    with Image.open(sheet[0]) as canvas:  # by Pillow's reading, too
        assert canvas.convert("RGB").getpixel((0, 0)) == (128, 128, 128)
