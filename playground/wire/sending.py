"""A body that is made while it is sent: fixed text, and between its pieces the base64 of files.

Its length is known before its first byte, so that it can be promised; a file that changes meanwhile breaks
the transfer before the promise could be broken.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pybase64

from playground.errors import UnusablePicture

FILE_CHUNK_BYTES = 48 * 1024
"""How much of a file is encoded at once: a multiple of 3, and little enough for the processor's cache."""


@dataclass(frozen=True)
class PictureFile:
    """A file as it was when it was measured.

    Attributes:
        path: where it is.
        byte_count: its size.
        modified_ns: when it was last written, in nanoseconds.
        number: which of the person's pictures it is, for the error.
    """

    path: Path
    byte_count: int
    modified_ns: int
    number: int

    @classmethod
    def measured(cls, path: Path, byte_count: int, number: int) -> PictureFile:
        """The file at `path`. Raises UnusablePicture "picture_changed" when it has not `byte_count` bytes."""
        try:
            status = path.stat()
        except OSError:
            raise UnusablePicture("picture_changed", number=number) from None
        if status.st_size != byte_count:
            raise UnusablePicture("picture_changed", number=number)
        return cls(path, byte_count, status.st_mtime_ns, number)

    def base64(self) -> Iterator[bytes]:
        """The file's bytes as base64, in pieces. Raises UnusablePicture before the last one if it changed."""
        try:
            with self.path.open("rb", buffering=0) as stream:
                left = self.byte_count
                while left:
                    data = stream.read(min(FILE_CHUNK_BYTES, left))
                    left -= len(data)
                    short = len(data) < FILE_CHUNK_BYTES and left > 0
                    if short or (not left and self._differs(os.fstat(stream.fileno()))):
                        raise UnusablePicture("picture_changed", number=self.number)
                    yield pybase64.b64encode(data)
        except OSError:
            raise UnusablePicture("picture_changed", number=self.number) from None

    def _differs(self, status: os.stat_result) -> bool:
        return (status.st_size, status.st_mtime_ns) != (self.byte_count, self.modified_ns)


@dataclass(frozen=True)
class RequestBody:
    """A body in the making.

    Attributes:
        texts: the pieces around the files, one more than there are files.
        files: what stands between them.
    """

    texts: tuple[bytes, ...]
    files: tuple[PictureFile, ...]

    @property
    def length(self) -> int:
        """Bytes of the whole body."""
        return sum(map(len, self.texts)) + sum(-(-file.byte_count // 3) * 4 for file in self.files)

    def chunks(self) -> Generator[bytes, None, None]:
        """The body in pieces of at most 64 KiB where it is a picture; anew for each call.

        Raises:
            UnusablePicture: "picture_changed", before the piece that would have been wrong.
        """
        for text, file in zip_longest(self.texts, self.files):
            if text:
                yield text
            if file is not None:
                yield from file.base64()
