"""Opening foreign pictures safely, and writing our own."""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final

from PIL import Image, ImageFile

from playground.errors import UnusablePicture
from playground.images.headers import (
    ORIENTATION,
    PILLOW_ERRORS,
    UPRIGHT,
    Header,
    open_restricted,
    read_header,
)
from playground.images.workers import MAX_BYTES, MAX_PIXELS, memory_budget

_WHITE = (255, 255, 255)
_HEAD_BYTES = 1024
_MAX_PROFILE_BYTES = 100_000
_DCT_SCALES = (8, 4, 2)
_JPEG_END = b"\xff\xd9"
_BY_FORMAT: Final[Mapping[str, float]] = MappingProxyType(
    {"image/webp": 17, "image/jp2": 26, "image/avif": 13, "image/heic": 10, "image/heif": 10}
)
_BY_MODE: Final[Mapping[str, float]] = MappingProxyType(
    {"1": 2, "L": 2, "RGB": 6.5, "I;16": 11, "I;16B": 11, "I": 13, "F": 13}
)
_OTHERS: Final = 9.0
"""Bytes that a pixel takes at most while a picture is decoded and made smaller, with every copy that Pillow
and the decoders make of it: measured, and held by a test."""
_TIFF_STRIP: Final = 4  # all of it may stand in one piece, which libtiff holds beside the pixels
_COEFFICIENT: Final = 2
_READ_BYTES = 1024 * 1024  # at a time: after each piece the decoder has to wait for the interpreter again
_TURNS: Final[Mapping[int, Image.Transpose]] = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
_OTHER_KINDS: Final = (
    (
        "SVG",
        re.compile(
            rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml.{0,600}|<!--.{0,600})?<(?:!DOCTYPE )?svg\b", re.I | re.S
        ),
    ),
    ("PDF", re.compile(rb"%PDF-")),
    ("HTML", re.compile(rb"\s*<(?:!doctype html|html|head|body)\b", re.I)),
    ("video", re.compile(rb".{4}ftyp|\x1a\x45\xdf\xa3|RIFF....AVI |\x00\x00\x01[\xba\xb3]|FLV\x01", re.S)),
    ("audio", re.compile(rb"ID3|OggS|fLaC|RIFF....WAVE", re.S)),
    ("Photoshop", re.compile(rb"8BPS")),
    ("JPEG XL", re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL ")),
    ("JPEG 2000", re.compile(rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51")),
    ("icon", re.compile(rb"\x00\x00[\x01\x02]\x00")),
    ("ZIP", re.compile(rb"PK\x03\x04")),
)


@contextlib.contextmanager
def opened(path: Path, number: int) -> Iterator[IO[bytes]]:
    """The file for reading. Raises UnusablePicture "picture_missing"."""
    try:
        stream = path.open("rb")
    except OSError:
        raise UnusablePicture("picture_missing", number=number) from None
    with stream:
        yield stream


def checked_header(stream: IO[bytes], number: int) -> Header:
    """The header of a picture that may be decoded. Raises UnusablePicture, see `prepare`."""
    header = read_header(stream)
    if header is None:
        stream.seek(0)
        raise _unusable(stream.read(_HEAD_BYTES), number)
    require_pixels(header, number)
    return header


def require_pixels(header: Header, number: int) -> None:
    """Raises UnusablePicture "picture_too_many_pixels" for more than anybody decodes or writes here."""
    if header.width * header.height > MAX_PIXELS:
        raise _too_many_pixels(header, number, MAX_PIXELS)


@contextlib.contextmanager
def room(header: Header, size: Size, number: int) -> Iterator[None]:
    """Waits until there is memory to `load` the picture, and holds it until the block ends. Blocks.

    Raises:
        UnusablePicture: "picture_too_many_pixels", when it would take all that there is and more.
    """
    needed = decoding_bytes(header, size)
    if needed > MAX_BYTES:
        raise _too_many_pixels(header, number, header.width * header.height * MAX_BYTES // needed)
    with memory_budget().reserve(needed):
        yield


def _too_many_pixels(header: Header, number: int, allowed: int) -> UnusablePicture:
    return UnusablePicture(
        "picture_too_many_pixels",
        number=number,
        width=header.width,
        height=header.height,
        megapixels=round(header.width * header.height / 1e6),
        allowed=allowed // 1_000_000,
    )


@dataclass(frozen=True)
class Size:
    """How large a loaded picture should be.

    Attributes:
        longest: its longest side, pixels.
        slack: by which factor it may miss that, either way, where that saves work; 1.0 is exact.
    """

    longest: int
    slack: float = 1.0


def decoded_pixels(header: Header, size: Size) -> int:
    """How many pixels `load` will hold in memory: far fewer than the file has, for most JPEGs."""
    scale = _dct_scale(header, size)
    return (header.width // scale) * (header.height // scale)


def decoding_bytes(header: Header, size: Size) -> int:
    """How much memory `load`, and writing what it gives, take at most."""
    pixel = _BY_FORMAT.get(header.mime_type, _BY_MODE.get(header.mode, _OTHERS))
    if header.mime_type == "image/tiff":
        pixel += _TIFF_STRIP
    held = header.width * header.height * _COEFFICIENT * len(header.mode) if header.progressive else 0
    return held + math.ceil(decoded_pixels(header, size) * pixel)


def load(
    stream: IO[bytes], header: Header, number: int, size: Size, *, is_partial_fine: bool = False
) -> Image.Image:
    """The first frame, upright by its EXIF orientation, as grey, RGB, or RGBA when anything is transparent.

    Made the cheapest way: a JPEG is decoded at 1/2, 1/4 or 1/8 where that suffices, then comes one
    resize where it is needed, and last, on few pixels, the turn. Never larger than it is stored.
    With `is_partial_fine`, one that ends early or is damaged inside comes as far as it could be decoded.

    Raises:
        UnusablePicture: "picture_unreadable".
    """
    is_jpeg = header.mime_type == "image/jpeg"
    try:
        image = open_restricted(stream, header.mime_type)
        scale = _dct_scale(header, size)
        if scale > 1:
            image.draft(None, (header.width // scale, header.height // scale))
        if isinstance(image, ImageFile.ImageFile):
            image.decodermaxblock = _READ_BYTES
        _decode(image, is_partial_fine=is_partial_fine and not is_jpeg)
        turn = turn_of(image)
        image = _plain(image)
        factor = size.longest / max(image.size)
        if factor < 1 / size.slack:
            image = scaled(image, factor)
        return image if turn is None else image.transpose(turn)
    except PILLOW_ERRORS:
        if is_partial_fine and is_jpeg:
            return load(_with_end(stream), header, number, size)
        raise UnusablePicture("picture_unreadable", number=number) from None


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What lays a picture upright, by its EXIF orientation; None where it lies so. Decodes a PNG."""
    return _TURNS.get(image.getexif().get(ORIENTATION, UPRIGHT))


def _with_end(stream: IO[bytes]) -> IO[bytes]:
    """A JPEG that ends as one: its decoder then draws what there is, and grey where there is nothing."""
    stream.seek(0)
    return io.BytesIO(stream.read() + _JPEG_END)


def _decode(image: Image.Image, *, is_partial_fine: bool) -> None:
    """Decodes the pixels. Pillow's own switch for cut files is a global, which others would find changed."""
    try:
        image.load()
    except PILLOW_ERRORS:
        if not (is_partial_fine and isinstance(image, ImageFile.ImageFile)):
            raise
        image.tile = []  # what has been decoded so far is all there is
        image.load()


def _dct_scale(header: Header, size: Size) -> int:
    """Into how many parts a JPEG's sides can be divided while it is decoded, or 1."""
    if header.mime_type != "image/jpeg":
        return 1
    # Pillow divides by what goes into both sides, so a side shorter than the divisor rules it out.
    longest, shortest = max(header.width, header.height), min(header.width, header.height)
    fits = (s for s in _DCT_SCALES if shortest >= s and longest / s >= size.longest / size.slack)
    return next(fits, 1)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    """The picture at `factor` of its size, its longest side to the pixel."""
    blocks = int(1 / factor)  # averaged first: that costs little, and the fine filter then has little to do
    sides = [max(1, round(side * factor)) for side in image.size]
    if blocks > 1 and min(image.size) >= blocks:
        image = image.reduce(blocks)
    return image.resize((sides[0], sides[1]), Image.Resampling.LANCZOS)


def _plain(image: Image.Image) -> Image.Image:
    """The pixels in one of three modes, "L", "RGB" or "RGBA", and of the metadata only what may be kept."""
    if image.has_transparency_data and not _is_wide(image):
        image = image if image.mode == "RGBA" else image.convert("RGBA")
    kept = _kept(image)
    if _is_wide(image):
        image = _eight_bits(image)
    elif image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    image.info = kept
    return image


def _kept(image: Image.Image) -> dict[str | tuple[int, int], object]:
    """What may follow the pixels into a copy: a photograph's place and comments are nobody's business.

    An RGB profile stays, since a phone's wide colours look pale without it.
    """
    profile = image.info.get("icc_profile")
    fits = image.mode in ("RGB", "RGBA") and isinstance(profile, bytes) and len(profile) <= _MAX_PROFILE_BYTES
    return {"icc_profile": profile} if fits else {}


def has_alpha(image: Image.Image) -> bool:
    """Whether any pixel of a loaded picture lets the ground through; opaque alpha does not count."""
    if image.mode != "RGBA":
        return False
    lowest, _ = image.getchannel("A").getextrema()
    return isinstance(lowest, (int, float)) and lowest < 255


def on_white(image: Image.Image) -> Image.Image:
    """A loaded picture as RGB (or grey), what was transparent white: a JPEG would show it black."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, _WHITE)
    ground.paste(image, mask=image)
    ground.info = image.info
    return ground


def encoded(image: Image.Image, name: str, **options: int) -> bytes:
    """The picture as a file of Pillow's format `name`, with no more of its metadata than `load` kept."""
    buffer = io.BytesIO()
    image.save(buffer, name, icc_profile=image.info.get("icc_profile"), **options)
    return buffer.getvalue()


def write_atomically(target: Path, data: bytes, *, synced: bool = True) -> None:
    """Writes `data` to `target` so that nobody ever sees half of it; `synced`, not even after a power cut.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            if synced:
                stream.flush()
                os.fsync(stream.fileno())
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _is_wide(image: Image.Image) -> bool:
    """Grey of 16 or 32 bits, for which Pillow knows hardly any conversion."""
    return image.mode.startswith(("I", "F"))


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits in 8: Pillow's own conversion would clip everything bright to white."""
    values = image.convert("I").convert("F") if image.mode != "F" else image
    _, highest = values.getextrema()
    top = highest if isinstance(highest, (int, float)) else 255.0
    if image.mode == "F" and top <= 1:
        full = 1.0
    elif image.mode.startswith("I;16") or 255 < top <= 65_535:
        full = 65_535.0
    else:
        full = max(255.0, top)
    return values.point(lambda value: value * (255.0 / full)).convert("L")


def _unusable(head: bytes, number: int) -> UnusablePicture:
    if not head:
        return UnusablePicture("picture_empty", number=number)
    for kind, pattern in _OTHER_KINDS:
        if pattern.match(head):
            return UnusablePicture("picture_unsupported", number=number, kind=kind)
    return UnusablePicture("picture_unreadable", number=number)
