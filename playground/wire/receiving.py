"""One answer on its way in: bytes by bytes to an `ImageResult`, without ever holding all of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import pybase64

from playground.errors import ProviderError
from playground.result import ImageResult, PicturePart, RawAnswer
from playground.wire.answer import decode, thoughts
from playground.wire.received_picture import ReceivedPicture
from playground.wire.scanner import Caps, Scan

_MAX_BROKEN_BYTES = 1024 * 1024
_MAX_BROKEN_RAW_BYTES = 256 * 1024
_MAX_WRITTEN_OUT = 8 * 1024 * 1024


class Receiving:
    """Takes the body of an answer in pieces of any size. Leaves no file unless it ends in a result.

    Used as a context: whatever ends it early, an error or a Stop, the temporary files go.
    """

    def __init__(self, folder: Path | None = None, caps: Caps | None = None) -> None:
        """`folder` is where long pictures become temporary files; None keeps them in memory."""
        self._scan = Scan(folder, caps)
        self._is_taken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_taken:
            self._scan.abandon()

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes. Raises UnreadableAnswer "answer_too_large" at a cap, OSError for the disk."""
        self._scan.feed(chunk)

    @property
    def arrived(self) -> tuple[Path, ...]:
        """The files of the long pictures that have come whole so far, in their order."""
        return tuple(one.file for one in self._scan.pictures.values() if one.file and one.info)

    @property
    def size(self) -> int:
        """Bytes that have come, long pictures left out."""
        return self._scan.size

    def thoughts(self) -> str:
        """What the model has thought aloud so far, in whole strings. Reads all that has come but pictures."""
        return thoughts(self._scan.finished)

    def result(self, content_type: str = "", broken: ProviderError | None = None) -> ImageResult:
        """The answer, once its last byte was fed; the files of its pictures are the caller's from here on.

        Args:
            content_type: the header's value.
            broken: what ended the body early, a cap among it; raised unless a picture had arrived by then.

        Raises:
            ProviderError: as `decode`, with the answer. No file is left then.
        """
        self._scan.close()
        skeleton = raw = self._scan.skeleton
        if broken is not None:  # the cap was meant for what is read fast, and is looked through for a key
            skeleton, raw = skeleton[:_MAX_BROKEN_BYTES], raw[:_MAX_BROKEN_RAW_BYTES]
        try:
            result = decode(skeleton, content_type, self._scan.pictures, broken=broken)
        except ProviderError as error:
            reported = broken if broken is not None and error.code == "empty_answer" else error
            reported.answer = self._answer(raw, frozenset())
            self._scan.abandon()
            raise reported from None
        kept = frozenset(part.file for part in result.parts if isinstance(part, PicturePart) and part.file)
        answer = self._answer(raw, kept)
        for picture in self._scan.pictures.values():  # what stood where no picture belongs, or is none
            if picture.file is not None and picture.file not in kept:
                picture.file.unlink(missing_ok=True)
        self._is_taken = True
        return replace(result, answer=answer)

    def _answer(self, text: bytes, kept: Collection[Path]) -> RawAnswer:
        """The answer that `text` is the skeleton of; what is no file of a picture is written out again."""
        files = {}
        for mark, picture in self._scan.pictures.items():
            stands = {"numbers": f'"{mark}"', "hex": f"hex:{mark}"}.get(picture.spelling, mark)
            if picture.spelling == "hex":
                text = text.replace(mark.encode(), stands.encode())
            if picture.file is not None and picture.file in kept:
                files[stands] = picture.file
            else:
                written = _written(picture) if picture.byte_count <= _MAX_WRITTEN_OUT else "…".encode()
                text = text.replace(stands.encode(), written)
        return RawAnswer(text, MappingProxyType(files))


def _written(picture: ReceivedPicture) -> bytes:
    data = picture.content()
    if picture.spelling == "numbers":
        return json.dumps(list(data)).encode()
    return data.hex().encode() if picture.spelling == "hex" else pybase64.b64encode(data)
