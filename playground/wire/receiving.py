"""One answer on its way in: bytes by bytes to an `ImageResult`, without ever holding all of them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from playground.errors import PlaygroundError, ProviderError
from playground.result import ImageResult, PicturePart
from playground.wire.answer import decode
from playground.wire.scanner import Caps, Scan

_MAX_BROKEN_BYTES = 1024 * 1024


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

    def result(self, content_type: str = "", broken: ProviderError | None = None) -> ImageResult:
        """The answer, once its last byte was fed; the files of its pictures are the caller's from here on.

        Args:
            content_type: the header's value.
            broken: what ended the body early, a cap among it; raised unless a picture had arrived by then.

        Raises:
            PlaygroundError: as `decode`. No file is left then.
        """
        self._scan.close()
        skeleton = self._scan.skeleton
        if broken is not None:  # the cap was meant for what is read fast
            skeleton = skeleton[:_MAX_BROKEN_BYTES]
        try:
            result = decode(skeleton, content_type, self._scan.pictures, broken=broken)
        except PlaygroundError as error:
            self._scan.abandon()
            if broken is not None and error.code == "empty_answer":
                raise broken from None
            raise
        kept = {part.file for part in result.parts if isinstance(part, PicturePart)}
        for picture in self._scan.pictures.values():  # what stood where no picture belongs, or is none
            if picture.file is not None and picture.file not in kept:
                picture.file.unlink(missing_ok=True)
        self._is_taken = True
        return result
