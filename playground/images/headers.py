"""What picture some bytes are, told by magic bytes and header alone."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, Final

from PIL import Image

UPRIGHT: Final = 1
ORIENTATION: Final = 0x0112
BITS_PER_SAMPLE: Final = 0x0102
_HEAD_BYTES = 64

# What Pillow lets through on hostile bytes, apart from its own errors. Warnings are here for programs that
# turn them into errors.
PILLOW_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    MemoryError,
    struct.error,
    Warning,
    Image.DecompressionBombError,
)

_EXTENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image/png": ".png",
        "image/jpeg": ".jpg",
        "image/webp": ".webp",
        "image/gif": ".gif",
        "image/heic": ".heic",
        "image/heif": ".heif",
        "image/avif": ".avif",
        "image/bmp": ".bmp",
        "image/tiff": ".tiff",
        "image/jp2": ".jp2",
    }
)
_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image/png": "PNG",
        "image/jpeg": "JPEG",
        "image/webp": "WEBP",
        "image/gif": "GIF",
        "image/heic": "HEIF",
        "image/heif": "HEIF",
        "image/avif": "AVIF",
        "image/bmp": "BMP",
        "image/tiff": "TIFF",
        "image/jp2": "JPEG2000",
    }
)


@dataclass(frozen=True)
class ImageInfo:
    """What the header of a picture says.

    Attributes:
        mime_type: by magic bytes, e.g. "image/jpeg".
        width, height: pixels as stored, before any EXIF orientation.
        extension: for file names, with its dot, e.g. ".jpg".
    """

    mime_type: str
    width: int
    height: int
    extension: str


@dataclass(frozen=True)
class Header:
    """What deciding about a file takes.

    Attributes:
        mode: Pillow's name for the kind of pixels.
        orientation: the EXIF orientation, 1 (upright) to 8.
        animated: more than one frame, for the formats whose frames a provider might play.
        deep: more than eight bits a channel, as far as a header tells.
        progressive: a JPEG whose decoder holds all of it before the first pixel is there.
    """

    mime_type: str
    width: int
    height: int
    mode: str
    orientation: int
    animated: bool
    deep: bool
    progressive: bool = False


def sniff(data: bytes | IO[bytes]) -> ImageInfo | None:
    """What picture `data` is, bytes or an open file, from its header alone; None when it is none or broken.

    Pixels are not decoded: truncated data and a picture of 60 000 x 60 000 pixels are described too.
    """
    header = read_header(io.BytesIO(data) if isinstance(data, bytes) else data)
    if header is None:
        return None
    return ImageInfo(header.mime_type, header.width, header.height, extension(header.mime_type))


def extension(mime_type: str) -> str:
    """The file extension for a MIME type, with its dot; ".bin" for a type that is no picture of ours."""
    return _EXTENSIONS.get(mime_type, ".bin")


def media_type(name: str) -> str:
    """The MIME type for a file name that `extension` made; the machine's own table may not know WebP."""
    ending = name[name.rfind(".") :].lower()
    known = (mime_type for mime_type, extension in _EXTENSIONS.items() if extension == ending)
    return next(known, "application/octet-stream")


def _mime_type(head: bytes) -> str:
    """The MIME type that the first bytes claim; "" for anything that is no picture of ours."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[4:8] == b"ftyp":
        return _isobmff_type(head)
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return "image/tiff"
    if head.startswith((b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")):
        return "image/jp2"
    return "image/bmp" if head.startswith(b"BM") else ""


def _isobmff_type(head: bytes) -> str:
    """HEIC, HEIF or AVIF by the brands of the file type box; "" for the videos that share the container."""
    major, brands = head[8:12], head[16 : min(len(head), int.from_bytes(head[:4], "big"))]
    if major in (b"avif", b"avis"):
        return "image/avif"
    if major in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"):
        return "image/heic"
    if major in (b"mif1", b"msf1"):
        return "image/avif" if b"avif" in brands else "image/heic" if b"heic" in brands else "image/heif"
    return ""


def read_header(stream: IO[bytes]) -> Header | None:
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    mime_type = _mime_type(head)
    if not mime_type:
        return None
    try:
        image = open_restricted(stream, mime_type)  # never closed: that would close the caller's stream
        width, height = image.size
        if width < 1 or height < 1:
            return None
        animated = mime_type in ("image/webp", "image/gif") and bool(getattr(image, "is_animated", False))
        deep = _bits(image, head) > 8
        progressive = mime_type == "image/jpeg" and bool(image.info.get("progressive"))
        return Header(mime_type, width, height, image.mode, _orientation(image), animated, deep, progressive)
    except PILLOW_ERRORS:
        return None


def _bits(image: Image.Image, head: bytes) -> int:
    """How many bits a channel has in the file, which Pillow's mode hides; 8 where nothing tells."""
    if image.mode.startswith(("I", "F")):
        return 16
    if image.format == "PNG":
        return head[24]
    said = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE) or image.info.get("bit_depth")
    bits = max(said) if isinstance(said, tuple) else said
    return bits if isinstance(bits, int) else 8


def open_restricted(stream: IO[bytes], mime_type: str) -> Image.Image:
    """The picture with nothing but its header read, and no other decoder of Pillow's ever tried."""
    name = _FORMATS[mime_type]
    if name == "HEIF":
        # Registered here and not at import: loading libheif costs time that most runs never need.
        from pillow_heif import register_heif_opener

        register_heif_opener()
    stream.seek(0)
    try:
        return Image.open(stream, formats=[name])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        # Pillow refuses after reading the header. Its size is still wanted, and this decodes no pixel.
        stream.seek(0)
        return Image.OPEN[name][0](stream, "")


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8. Pillow's own `getexif` would decode a whole PNG to look for it."""
    data = image.info.get("exif")
    if not isinstance(data, bytes):
        return UPRIGHT
    exif = Image.Exif()
    try:
        exif.load(data)
        value = exif.get(ORIENTATION, UPRIGHT)
    except PILLOW_ERRORS:
        return UPRIGHT
    return value if isinstance(value, int) and 1 <= value <= 8 else UPRIGHT
