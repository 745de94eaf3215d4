"""What came, beside what was asked for: the figures of each picture, and where the two differ."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playground import pixels
from playground.history import SavedPicture
from playground.request import AUTO, ImageRequest, PreparedImage
from playground.result import ImageResult, PicturePart

_SAME_TYPE: Final = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
_NOT_THE_MODEL: Final = re.compile(
    r"^(?:models/|google/)+|-preview(?:-[\d-]+)?$|-(?:512|[124]k)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Difference:
    """One way in which a picture is not what was asked for.

    Attributes:
        code: "aspect_ratio" (off by more than 3 %), "image_size" (longest side below 75 % of the expected
            one), "mime_type" (the answer declared another type than the bytes are), "output_format",
            "incomplete" (bytes are missing or damaged), "model_version" (another model answered),
            "same_as_input" (byte for byte).
        asked: what was asked for, or declared; for "same_as_input" the number of the input picture.
        received: what came.
    """

    code: str
    asked: str
    received: str


@dataclass(frozen=True)
class Received:
    """The figures of one picture as it came.

    Attributes:
        name: of its `SavedPicture`.
        aspect_ratio: the nearest that has a name, e.g. "16:9".
        width, height: pixels.
        mime_type: what its bytes say.
        declared_mime_type: what the answer said; "" when it said nothing.
        byte_count: size of the file.
        model_version: as the answer names it; "" when it does not.
        seconds: of its call.
        tokens: of its call in all, or None when not told.
        differences: where this is not what was asked for.
    """

    name: str
    aspect_ratio: str
    width: int
    height: int
    mime_type: str
    declared_mime_type: str
    byte_count: int
    model_version: str
    seconds: float
    tokens: int | None
    differences: tuple[Difference, ...] = ()


def figures_of(
    request: ImageRequest,
    model_id: str,
    result: ImageResult,
    saved: Sequence[SavedPicture],
    seconds: float,
    inputs: Mapping[str, int] | None = None,
    ratios: Sequence[str] = (),
) -> tuple[Received, ...]:
    """The figures of each final picture of an answer, in order.

    Args:
        model_id: as it was sent.
        saved: its pictures on disk, thoughts included.
        seconds: how long the call took.
        inputs: SHA-256 of input pictures -> their numbers, see `digests`.
        ratios: those that the model's row offers.
    """
    final = [picture for picture in saved if not (picture.thought or picture.locked)]
    # The disk may have filled up meanwhile: then there are fewer files than pictures.
    return tuple(
        Received(
            name=picture.name,
            aspect_ratio=pixels.ratio_name(picture.width, picture.height, ratios),
            width=picture.width,
            height=picture.height,
            mime_type=picture.mime_type,
            declared_mime_type=part.declared_mime_type,
            byte_count=picture.byte_count,
            model_version=result.model_version,
            seconds=seconds,
            tokens=result.usage.total,
            differences=(
                *_differences(request, part, picture),
                *_model(model_id, result.model_version),
                *_repetition(picture, inputs or {}),
            ),
        )
        for picture, part in zip(final, result.pictures, strict=False)
    )


def digests(images: Iterable[PreparedImage], sizes: Collection[int]) -> dict[str, int]:
    """SHA-256 -> 1-based number of those input pictures that have one of `sizes` in bytes.

    Only these can be equal to a picture that came, so hardly ever is anything read.
    """
    found: dict[str, int] = {}
    for number, image in enumerate(images, 1):
        if image.byte_count in sizes:
            found.setdefault(_sha256(image.path), number)
    return found


def _differences(request: ImageRequest, part: PicturePart, picture: SavedPicture) -> Iterable[Difference]:
    if part.incomplete:
        yield Difference("incomplete", "", "")
    yield from _shape(request, picture)
    yield from _format(request, part)


def _shape(request: ImageRequest, picture: SavedPicture) -> Iterable[Difference]:
    missed = pixels.differs(request.aspect_ratio, request.image_size, picture.width, picture.height)
    size = f"{picture.width}x{picture.height}"
    if "aspect_ratio" in missed:
        yield Difference("aspect_ratio", request.aspect_ratio, size)
    if "image_size" in missed:
        yield Difference("image_size", request.image_size, size)


def _format(request: ImageRequest, part: PicturePart) -> Iterable[Difference]:
    declared = part.declared_mime_type.partition(";")[0].strip().lower()
    if declared and _SAME_TYPE.get(declared, declared) != part.mime_type:
        yield Difference("mime_type", declared, part.mime_type)
    received = part.mime_type.partition("/")[2]
    if request.output_format not in (AUTO, received):
        yield Difference("output_format", request.output_format, received)


def _model(sent: str, version: str) -> Iterable[Difference]:
    """Another model answered. Names of a gateway's own say nothing, so only Google's are compared."""
    asked, came = _bare(sent), _bare(version)
    if asked.startswith("gemini-") and came.startswith("gemini-") and not _is_same_model(asked, came):
        yield Difference("model_version", sent, version)


def _is_same_model(one: str, other: str) -> bool:
    """Equal, or the same with the number of a release at its end: "-001"."""
    short, long = sorted((one, other), key=len)
    return re.fullmatch(re.escape(short) + r"(?:-\d{2,8})*", long) is not None


def _bare(model: str) -> str:
    """A model id without what gateways and releases put around it."""
    before, name = "", model.strip().lower()
    while name != before:
        before, name = name, _NOT_THE_MODEL.sub("", name)
    return name


def _repetition(picture: SavedPicture, inputs: Mapping[str, int]) -> Iterable[Difference]:
    if picture.sha256 in inputs:
        yield Difference("same_as_input", str(inputs[picture.sha256]), picture.name)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:  # gone meanwhile: nothing to compare with
        return ""
