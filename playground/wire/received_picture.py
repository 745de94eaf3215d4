"""Pictures of an answer while it arrives: decoded piece by piece into a temporary file, or into memory."""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from binascii import Error as Base64Error
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Literal
from urllib.parse import unquote_to_bytes

import pybase64

from playground.errors import UnreadableAnswer
from playground.images import ImageInfo, sniff
from playground.wire.base64text import BLANKS, DATA_URI, HEX, URL_SAFE

TEMPORARY_PREFIX = ".tmp-"
MAX_PICTURES = 32
"""In one answer. Each is a file, and is looked at wherever the answer is shown."""
_ESCAPED_PERCENT = re.compile(rb"%[0-9A-Fa-f]?\Z")
_FIRST_BYTES = 512


Spelling = Literal["base64", "hex", "numbers"]


@dataclass(frozen=True)
class ReceivedPicture:
    """A picture that has arrived whole.

    Attributes:
        info: what its header says; None when nothing can read it.
        data: the bytes, or b"" when they are in `file`.
        file: the temporary file that holds them, or None.
        byte_count: how many.
        spelling: how the answer had written it.
    """

    info: ImageInfo | None
    data: bytes = field(repr=False)
    file: Path | None
    byte_count: int
    spelling: Spelling = "base64"

    def content(self) -> bytes:
        """The bytes, wherever they are."""
        return self.data if self.file is None else self.file.read_bytes()


class Base64Sink:
    """Takes the inside of one JSON string as it arrives, and writes the picture that it is.

    The same spellings are forgiven as in `from_base64`. Neat base64 takes a short path: decode, write, and
    keep the last one to three signs for the next piece.
    """

    def __init__(self, folder: Path | None, max_bytes: int, *, strict: bool = False) -> None:
        """
        Args:
            folder: where the temporary file is made; None keeps the picture in memory.
            max_bytes: of the picture.
            strict: forgive no more than the other alphabet and wrong padding.
        """
        self._max_bytes = max_bytes
        self._strict = strict
        self._path: Path | None = None
        self._stream: IO[bytes] = io.BytesIO()
        if folder is not None:
            descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=folder)
            self._path = Path(name)
            self._stream = os.fdopen(descriptor, "w+b", buffering=0)
        self._rest = b""
        self._started = False
        self._ended = False
        self._is_hex = False
        self._broken = False
        self._count = 0

    def feed(self, raw: bytes | memoryview, *, escaped: bool = True) -> None:
        """Takes the next bytes of the JSON string, never half of an escape.

        `escaped` is False when the caller has seen that there is no backslash in them.

        Raises:
            UnreadableAnswer: "answer_too_large", when the picture outgrows its cap.
            OSError: the disk is full or not writable.
        """
        if self._broken:
            return
        signs = _unescaped(bytes(raw)) if escaped else raw
        if signs is None:
            self._broken = True
            return
        if not self._started:
            signs = self._begin(bytes(signs))
        if self._is_hex:
            self._feed_hex(self._rest + signs)
            return
        # What completes the four signs begun before is decoded apart: joining would copy all of it.
        lacking = -len(self._rest) % 4
        first, further = self._rest + signs[:lacking], signs[lacking:]
        whole = len(further) // 4 * 4 if len(first) % 4 == 0 else 0
        try:
            head = pybase64.b64decode(first if whole else b"", validate=True)
            decoded = pybase64.b64decode(further[:whole], validate=True)
        except (Base64Error, ValueError):
            self._feed_sloppy(self._rest + signs)
            return
        if not whole:
            self._rest = first + further
            return
        self._rest = bytes(further[whole:])
        self._write(head, len(first))
        self._write(decoded, whole)

    def _begin(self, signs: bytes) -> bytes:
        self._started = True
        first = "" if self._strict else signs[:_FIRST_BYTES].decode("latin-1")
        prefix = DATA_URI.match(first) or HEX.match(first)
        self._is_hex = HEX.match(first) is not None
        return signs[prefix.end() :] if prefix else signs

    def _feed_hex(self, signs: bytes) -> None:
        signs = signs.translate(None, BLANKS)
        whole = len(signs) // 2 * 2
        self._rest = signs[whole:]
        try:
            self.take(bytes.fromhex(signs[:whole].decode("ascii")))
        except ValueError:
            self._broken = True

    def _feed_sloppy(self, signs: bytes) -> None:
        """What is no neat base64: blanks, the other alphabet, percent-escapes, padding in any number."""
        held_back = b""
        if b"%" in signs and not self._strict:
            cut = _ESCAPED_PERCENT.search(signs)
            if cut:
                signs, held_back = signs[: cut.start()], cut[0]
            signs = unquote_to_bytes(signs)
        signs = signs.translate(URL_SAFE, b"" if self._strict else BLANKS)
        kept = signs.rstrip(b"=")
        padded = len(kept) < len(signs)
        whole = len(kept) // 4 * 4
        try:
            decoded = pybase64.b64decode(kept[:whole], validate=True)
        except (Base64Error, ValueError):
            self._broken = True
            return
        self._write(decoded, whole)
        # Padding stays with what it pads: if more follows, the decoder will see that it stood in the middle.
        self._rest = kept[whole:] + (b"=" if padded else b"") + held_back

    def _write(self, decoded: bytes, signs: int) -> None:
        if not signs:
            return
        if self._ended:
            self._broken = True
            return
        self._ended = len(decoded) < signs // 4 * 3
        self.take(decoded)

    def take(self, decoded: bytes) -> None:
        """Takes bytes that are no base64 any more. Raises as `feed`."""
        self._count += len(decoded)
        if self._count > self._max_bytes:
            self._broken = True
            raise UnreadableAnswer("answer_too_large", limit=self._max_bytes)
        self._stream.write(decoded)

    def finish(self, spelling: Spelling = "base64") -> ReceivedPicture | None:
        """The picture; None, and no file left, when this was no base64."""
        rest, self._rest = b"" if self._is_hex else self._rest, b""
        if not self._broken:
            self._feed_sloppy(rest)
        last = self._rest.rstrip(b"=")
        if len(last) == 1 and not self._strict:  # where it was cut; no byte can come of it
            last = b""
        if last and not self._broken:
            try:
                self._write(pybase64.b64decode(last + b"=" * (-len(last) % 4), validate=True), 4)
            except (Base64Error, ValueError):
                self._broken = True
        if self._broken or not self._count:
            self.abandon()
            return None
        picture = replace(self._picture(), spelling="hex" if self._is_hex else spelling)
        self._stream.close()
        return picture

    def _picture(self) -> ReceivedPicture:
        self._stream.seek(0)
        if self._path is None:
            data = self._stream.read()
            return ReceivedPicture(sniff(data), data, None, self._count)
        return ReceivedPicture(sniff(self._stream), b"", self._path, self._count)

    def abandon(self) -> None:
        """Leaves no file behind. May be called at any time and again."""
        self._stream.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _unescaped(raw: bytes) -> bytes | None:
    """The signs behind JSON escapes, of which some encoders write `\\/` and `\\u003d`; None for no ASCII."""
    if b"\\" in raw:
        raw = raw.replace(b"\\/", b"/")
    if b"\\" not in raw:
        return raw
    try:
        text = json.loads(b'"' + raw + b'"')
        return str(text).encode("ascii")
    except ValueError:  # a wrong escape, or signs that are no base64 in any spelling
        return None
