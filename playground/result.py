"""What came back: one `ImageResult` for each call, whatever dialect the gateway answered in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class TextPart:
    """Words of the model. `thought` marks its reasoning, which is not part of the answer."""

    text: str
    thought: bool = False
    signature: str | None = None


@dataclass(frozen=True)
class PicturePart:
    """One picture, with the provider's original bytes.

    Attributes:
        data: the bytes exactly as sent, base64 undone; empty when they are in `file`.
        mime_type: what the magic bytes say, e.g. "image/jpeg".
        declared_mime_type: what the answer claimed, which is known to lie.
        width, height: pixels as stored in the file, before any EXIF orientation.
        thought: True for an interim picture of the model's reasoning.
        signature: the thought signature to return in the next turn, verbatim.
        incomplete: bytes are missing at its end, or are damaged inside; it is kept as far as it goes.
        file: a temporary file that holds the bytes instead of `data`; whoever saves the picture moves it.
        file_bytes: size of `file`, or of a picture that was let go.
    """

    data: bytes = field(repr=False)
    mime_type: str
    width: int
    height: int
    declared_mime_type: str = ""
    thought: bool = False
    signature: str | None = None
    incomplete: bool = False
    file: Path | None = field(default=None, repr=False)
    file_bytes: int = field(default=0, repr=False)

    @property
    def byte_count(self) -> int:
        """Size of the picture in bytes, wherever they are."""
        return len(self.data) or self.file_bytes


Part = TextPart | PicturePart


@dataclass(frozen=True)
class SafetyRating:
    """One safety category and how probable the provider thought it."""

    category: str
    probability: str = ""
    blocked: bool = False


@dataclass(frozen=True)
class Source:
    """A page that an answer rests on.

    Attributes:
        address: http or https.
        title: as the answer names it, or its domain, or its address.
        is_picture: a picture was taken from there.
    """

    address: str
    title: str
    is_picture: bool = False


@dataclass(frozen=True)
class Usage:
    """Token counts as the provider reports them; None where it reports nothing. Trust only `total`.

    `tools` is what searches added to the prompt, `images` what of the candidates are pictures.
    """

    prompt: int | None = None
    candidates: int | None = None
    thoughts: int | None = None
    total: int | None = None
    tools: int | None = None
    images: int | None = None


@dataclass(frozen=True)
class RawAnswer:
    """An answer as it came, unpacked, for whoever wants to read it or report it.

    Attributes:
        text: its bytes, with a mark in the place of the base64 of each long picture.
        files: mark -> the file of the picture, the same that a `PicturePart` has. A mark in quotes stands for
            a list of numbers, one behind "hex:" for hex.
    """

    text: bytes = field(repr=False)
    files: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}), repr=False)


@dataclass(frozen=True)
class ImageResult:
    """One answer of a model, pictures or not.

    Attributes:
        parts: text and pictures in the order they came, thoughts included.
        finish_reason: e.g. "STOP", "IMAGE_SAFETY"; unknown names are kept as they are; "" when absent.
        finish_message: the provider's sentence about the finish reason; often the only explanation.
        block_reason: why the prompt itself was refused; "" when it was not.
        links: addresses of pictures that the answer points to instead of containing.
        sources: the pages that a search found for the answer, each once.
        search_suggestions: HTML that the provider asks to be shown beside the sources; not to be trusted.
        dropped: number of pictures in the answer whose data could not be decoded.
        oddities: what was not as it should be and was read all the same: "surrounded" (words around the
            JSON), "several" (more than one answer), "repeated" (the same one again, shown once), "malformed"
            (no proper JSON), "misplaced" (a picture where none belongs), "cut_off" (its end is missing),
            "left_out" (the pictures after the first 32), "key_in_picture" (a picture's metadata repeated the
            key, and now have stars there), "not_locked" (what lies outside of a marked region could not be
            put back), "not_deep" (it was put back with eight bits a channel, and had more).
        raw: the answer as JSON-like data with picture data replaced by its length; for the details fold.
        raw_text: the answer as it came, picture data replaced likewise, where that was no proper JSON.
        answer: all of it, until it is on disk.
    """

    parts: tuple[Part, ...] = ()
    finish_reason: str = ""
    finish_message: str = ""
    block_reason: str = ""
    safety_ratings: tuple[SafetyRating, ...] = ()
    usage: Usage = Usage()
    model_version: str = ""
    response_id: str = ""
    links: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    search_suggestions: str = ""
    dropped: int = 0
    oddities: tuple[str, ...] = ()
    raw_text: str = ""
    in_text: bool = False
    raw: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    answer: RawAnswer | None = field(default=None, repr=False, compare=False)

    @property
    def pictures(self) -> tuple[PicturePart, ...]:
        """The pictures of the answer, thoughts left out. The last one is the final one."""
        return tuple(part for part in self.parts if isinstance(part, PicturePart) and not part.thought)

    @property
    def thought_pictures(self) -> tuple[PicturePart, ...]:
        """Interim pictures from the model's reasoning."""
        return tuple(part for part in self.parts if isinstance(part, PicturePart) and part.thought)

    @property
    def complete_pictures(self) -> tuple[PicturePart, ...]:
        """Those of `pictures` that are all there: what was asked for."""
        return tuple(part for part in self.pictures if not part.incomplete)

    def without_data(self) -> ImageResult:
        """The same answer with its bytes let go, for keeping once they are on disk."""
        light = (
            replace(part, data=b"", file=None, file_bytes=part.byte_count)
            if isinstance(part, PicturePart)
            else part
            for part in self.parts
        )
        return replace(self, parts=tuple(light), answer=None)

    @property
    def text(self) -> str:
        """The words of the answer, thoughts left out, paragraphs kept apart."""
        return _join(self.parts, thought=False)

    @property
    def thoughts(self) -> str:
        """The words of the model's reasoning."""
        return _join(self.parts, thought=True)


def _join(parts: tuple[Part, ...], *, thought: bool) -> str:
    texts = (part.text.strip() for part in parts if isinstance(part, TextPart) and part.thought is thought)
    return "\n\n".join(text for text in texts if text)
