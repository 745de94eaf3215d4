"""Reads an answer as it arrives: its pictures go into sinks, the rest is kept as a small skeleton.

A tokenizer that knows strings and nothing else of JSON, so that it does not matter which gateway wrote the
answer, whether it was streamed, or where the bytes were cut on their way. A long string under a key that
holds picture data, or a long data URI inside any other string, is decoded on the fly; in the skeleton stands
a placeholder of base64 signs, which `Scan.pictures` maps to the picture. Everything else stays as it came and
is read by the ordinary parser.

    OUTSIDE --"--> STRING --"--> OUTSIDE
                     |  ^
          long data  |  |  its end
                     v  |
                     DATA

A picture as a list of numbers takes the same way: `OUTSIDE --[137,80,…--> NUMBERS --]--> OUTSIDE`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.errors import UnreadableAnswer
from playground.images import sniff
from playground.wire.received_picture import MAX_PICTURES, Base64Sink, ReceivedPicture, Spelling

_PICTURE_KEYS = frozenset({b"data", b"inlinedata", b"b64json", b"fileuri"})
_REQUEST_KEYS = frozenset({b"data"})
_SIGNATURE = b"thoughtsignature"
_MAX_KEY = 40
_MARK = b";base64,"
_BEFORE_MARK = 300
_STRING = re.compile(rb"(?:[^\"\\]++|\\.)*+", re.DOTALL)
_DATA_URI = re.compile(
    rb"(?:(?P<wrapped>\]\(\s{0,9}<?)|(?P<whole>\"\s*))?data:image\\?/[\w.+-]{1,40}(?:;[\w.=-]{1,40}){0,3}\Z",
    re.IGNORECASE,
)
_RUN = re.compile(rb"(?:[A-Za-z0-9+/=_%-]++|\\/|\\u00(?:2[bBdDfF]|3[dD]|5[fF]))*+")
_RUN_WITH_BLANKS = re.compile(
    rb"(?:[A-Za-z0-9+/=_%\s-]++|\\[/nrt]|\\u00(?:0[9aAdD]|2[0bBdDfF]|3[dD]|5[fF]))*+"
)
_CUT_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_KEY_BEFORE = re.compile(rb'"(\w{1,40})"\s{0,20}:\s{0,20}"\Z')
_ADDRESS = re.compile(rb"\s*https?:", re.IGNORECASE)
_NUMBERS_KEYS = _PICTURE_KEYS | {b"imagebytes", b"bytes"}
_NUMBERS_BEGIN = re.compile(rb"\s{0,20}:\s{0,20}\[")
_NUMBERS = re.compile(rb"[-\d,\s]*+")
_OUTSIDE_BYTES = 64 * 1024
_SHOWN = re.compile(rb"[\x20\x21\x23-\x5b\x5d-\x7e]{0,30}")  # ASCII that stands in JSON as it is


@dataclass(frozen=True)
class Caps:
    """Where reading stops, so that no answer can fill the memory or the disk.

    Attributes:
        picture_bytes: of one picture, decoded.
        pictures: in one answer.
        skeleton_bytes: of everything that is no picture.
        values: objects and lists in the skeleton; each costs the parser some hundred bytes.
        long_string: characters from which on a string is looked at as a picture; shorter ones stay.
    """

    picture_bytes: int = 128 * 1024 * 1024
    pictures: int = MAX_PICTURES
    skeleton_bytes: int = 8 * 1024 * 1024
    values: int = 50_000
    long_string: int = 16 * 1024


class Scan:
    """One answer, or request, on its way in. Feed it, then take `skeleton` and `pictures`, or `abandon`."""

    def __init__(self, folder: Path | None = None, caps: Caps | None = None, *, strict: bool = False) -> None:
        """
        Args:
            folder: where pictures become temporary files; None keeps them in memory.
            strict: read as Google reads a request: pictures stand under "data" and nowhere else, in plain
                base64. A text is left as it is, and what is no base64 keeps its beginning, for the error.
        """
        self._folder = folder
        self._caps = caps or Caps()
        self._strict = strict
        self._keys = _REQUEST_KEYS if strict else _PICTURE_KEYS
        self._broken = b"!"  # stands for what was no picture: no reader takes it for base64
        # Long enough to be left out wherever an answer is shown; random, so that no answer can name it.
        self._token = b"picture" + secrets.token_hex(32).encode()
        self._skeleton = bytearray()
        self._values = 0
        self._pictures: dict[str, ReceivedPicture] = {}
        self._sink: Base64Sink | None = None
        self._inside = False  # of a string
        self._begin = 0  # where the string's content begins in the skeleton
        self._searched = 0  # up to where the string was searched for data URIs
        self._run = re.compile(rb"")  # what the data in the sink may be made of
        self._number = b""  # the beginning of one, while a list of them goes into the sink
        self._last = b""  # the last short string, perhaps a key
        self._gap = b""  # what came since
        self._key = b""
        self._tail = b""  # half an escape
        self._ended = 0  # where the last string ended in the skeleton

    @property
    def skeleton(self) -> bytes:
        """The answer with placeholders for its long pictures."""
        return bytes(self._skeleton)

    @property
    def size(self) -> int:
        """Bytes of the skeleton."""
        return len(self._skeleton)

    @property
    def finished(self) -> bytes:
        """The skeleton up to the string that is still coming."""
        return bytes(self._skeleton[: self._begin - 1] if self._inside else self._skeleton)

    @property
    def pictures(self) -> Mapping[str, ReceivedPicture]:
        """Placeholder -> picture, for all that have arrived whole."""
        return self._pictures

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the body.

        Raises:
            UnreadableAnswer: "answer_too_large", when a cap is reached.
            OSError: the disk is full or not writable.
        """
        if self._tail:
            chunk, self._tail = self._tail + chunk, b""
        place = 0
        while place < len(chunk):
            if self._sink is not None:
                place = self._feed_data(chunk, place, self._sink)
            elif self._inside:
                place = self._feed_string(chunk, place)
            else:
                place = self._feed_outside(chunk, place)

    def abandon(self) -> None:
        """Leaves no temporary file behind."""
        if self._sink is not None:
            self._sink.abandon()
        for picture in self._pictures.values():
            if picture.file is not None:
                picture.file.unlink(missing_ok=True)

    def close(self) -> None:
        """The body is at its end: data whose string was never closed is a picture as far as it goes."""
        if self._run is _NUMBERS and self._sink is not None:
            self._end_numbers(self._sink)
        elif self._sink is not None:
            self._end_data(self._sink)
        else:
            self._skeleton += self._tail

    # ── the three states; each returns the place up to which it has read ───────────────────────────────────

    def _feed_outside(self, chunk: bytes, place: int) -> int:
        quote = chunk.find(b'"', place, place + _OUTSIDE_BYTES)
        end = min(len(chunk), place + _OUTSIDE_BYTES) if quote < 0 else quote + 1
        piece = chunk[place:end]
        self._keep(piece)
        self._values += piece.count(b"{") + piece.count(b"[")
        if self._values > self._caps.values:
            raise UnreadableAnswer("answer_too_large", limit=self._caps.values)
        self._gap = (self._gap + piece)[:_MAX_KEY]
        moved = self._divert_outside(end, len(chunk), 0 if quote < 0 else 1)
        if moved is not None:
            return moved
        if quote >= 0:
            is_value = self._gap.strip(b' \t\r\n"') == b":"
            self._key = self._last.replace(b"_", b"").lower() if is_value else b""
            self._inside = True
            self._begin = self._searched = len(self._skeleton)
        return end

    def _feed_string(self, chunk: bytes, place: int) -> int:
        match = _STRING.match(chunk, place)
        end = match.end() if match else place
        self._keep(chunk[place:end])
        if end < len(chunk) and chunk[end : end + 1] == b"\\":
            self._tail = chunk[end:]
            end = len(chunk)
        moved = self._divert(end, len(chunk))
        if moved is not None:
            return moved
        if end < len(chunk) and not self._tail:
            self._skeleton += b'"'
            self._end_string()
            return end + 1
        return end

    def _feed_data(self, chunk: bytes, place: int, sink: Base64Sink) -> int:
        if self._run is _NUMBERS:
            return self._feed_numbers(chunk, place, sink)
        quote = chunk.find(b'"', place) if self._run is _STRING else place
        end = len(chunk) if quote < 0 else quote
        if self._run is _STRING and chunk.find(b"\\", place, end) < 0:
            sink.feed(memoryview(chunk)[place:end], escaped=False)  # the way of nearly all bytes
        else:
            match = self._run.match(chunk, place)
            end = match.end() if match else place
            if _CUT_ESCAPE.fullmatch(chunk, end):  # its other half decides whether it belongs here
                end = len(chunk)
            raw = chunk[place:end]
            sink.feed(self._without_cut_escape(raw) if end == len(chunk) else raw)
        if end < len(chunk):
            self._end_data(sink)
        return end

    # ── pictures ────────────────────────────────────────────────────────────────────────────────────────────

    def _divert(self, end: int, size: int) -> int | None:
        """Turns a string that grew long into data; the place to read on from, or None."""
        if len(self._skeleton) - self._begin < self._caps.long_string or self._key == _SIGNATURE:
            return None
        if self._key in self._keys and self._searched == self._begin:
            self._searched = len(self._skeleton)
            if not _ADDRESS.match(self._skeleton, self._begin):
                return self._start_data(self._begin, len(self._skeleton), _STRING, end, size)
        return None if self._strict else self._divert_embedded(end, size)

    def _divert_outside(self, end: int, size: int, quotes: int) -> int | None:
        """Turns what grew long between two strings into data: a stray quote has turned inside and outside."""
        begin, stop = self._ended, len(self._skeleton) - quotes
        if stop - begin < self._caps.long_string or self._strict:
            return None
        if not quotes and self._last.replace(b"_", b"").lower() in _NUMBERS_KEYS and self._start_numbers():
            return end
        key = _KEY_BEFORE.search(self._skeleton[max(0, begin - _BEFORE_MARK) : begin])
        found = _RUN.match(self._skeleton, begin)
        if key is None or found is None or found.end() < stop:
            return None
        if bytes(key[1]).replace(b"_", b"").lower() not in self._keys:
            return None
        self._inside = True
        self._begin = self._searched = begin
        return self._start_data(begin, stop, _STRING, end, size)

    def _divert_embedded(self, end: int, size: int) -> int | None:
        """Looks for a data URI that has grown long inside the string."""
        skeleton = self._skeleton
        while (mark := skeleton.find(_MARK, self._searched)) >= 0:
            data = mark + len(_MARK)
            run = self._run_of(mark)
            found = run.match(skeleton, data) if run else None
            if run is None or found is None:
                self._searched = data
                continue
            stop = found.end()
            if stop - data >= self._caps.long_string:
                return self._start_data(data, stop, run, end, size)
            if stop == len(skeleton) or _CUT_ESCAPE.fullmatch(skeleton, stop):
                self._searched = mark
                return None
            self._searched = data
        self._searched = max(self._searched, len(skeleton) - len(_MARK) + 1)
        return None

    def _run_of(self, mark: int) -> re.Pattern[bytes] | None:
        """What the data behind a mark may be made of; None when no data URI of a picture leads to it.

        Blanks belong to the data only where something else marks its end.
        """
        first = max(self._begin - 1, mark - _BEFORE_MARK)
        uri = _DATA_URI.search(bytes(self._skeleton[first:mark]))
        if uri is None:
            return None
        is_whole = uri["whole"] is not None and first + uri.start() == self._begin - 1
        return _RUN_WITH_BLANKS if is_whole or uri["wrapped"] is not None else _RUN

    def _start_data(self, begin: int, stop: int, run: re.Pattern[bytes], end: int, size: int) -> int:
        """Moves what is kept of the data into a new sink; `end` of the chunk's `size` bytes are read."""
        if len(self._pictures) >= self._caps.pictures:
            raise UnreadableAnswer("answer_too_large", limit=self._caps.pictures)
        raw, after = bytes(self._skeleton[begin:stop]), bytes(self._skeleton[stop:])
        if self._strict and (shown := _SHOWN.match(raw)):
            self._broken = shown[0] + b"!"
        del self._skeleton[begin:]
        self._sink = Base64Sink(self._folder, self._caps.picture_bytes, strict=self._strict)
        self._run = run
        if end == size:
            if _CUT_ESCAPE.fullmatch(after):
                self._tail, after = after + self._tail, b""
            elif not after:
                raw = self._without_cut_escape(raw)
        self._sink.feed(raw)
        if after and self._tail:  # what follows the data is read again, half an escape at its end too
            end, self._tail = end - len(self._tail), b""
        return end - len(after)

    def _start_numbers(self) -> bool:
        """Turns a list of numbers that grew long into data, where it is a picture."""
        found = _NUMBERS_BEGIN.match(self._skeleton, self._ended)
        if found is None or _NUMBERS.fullmatch(self._skeleton, found.end()) is None:
            return False
        numbers, _, self._number = bytes(self._skeleton[found.end() :]).rpartition(b",")
        data = _bytes_of(numbers)
        if data is None or sniff(data) is None:
            self._number = b""
            return False
        del self._skeleton[found.end() - 1 :]
        self._sink = Base64Sink(self._folder, self._caps.picture_bytes)
        self._sink.take(data)
        self._run = _NUMBERS
        return True

    def _feed_numbers(self, chunk: bytes, place: int, sink: Base64Sink) -> int:
        match = _NUMBERS.match(chunk, place, place + _OUTSIDE_BYTES)
        end = match.end() if match else place
        numbers, comma, number = (self._number + chunk[place:end]).rpartition(b",")
        data = _bytes_of(numbers) if comma else b""
        self._number = number
        sink.take(data or b"")
        if data is None or (end < len(chunk) and end < place + _OUTSIDE_BYTES):
            self._end_numbers(sink)
            return end + (chunk[end : end + 1] == b"]")
        return end

    def _end_numbers(self, sink: Base64Sink) -> None:
        """A list is at its end, or what follows is no byte: the picture goes as far as it goes."""
        sink.take(_bytes_of(self._number) or b"")
        self._number = b""
        self._skeleton += b'"'
        self._end_data(sink, "numbers")
        self._skeleton += b'"'
        self._ended = len(self._skeleton)
        self._last, self._gap = b"", b""

    def _without_cut_escape(self, raw: bytes) -> bytes:
        """`raw` without half an escape at its end, which waits for its other half."""
        cut = _CUT_ESCAPE.search(raw[-6:])
        if cut is None:
            return raw
        self._tail = cut[0] + self._tail
        return raw[: len(raw) - len(cut[0])]

    def _end_data(self, sink: Base64Sink, spelling: Spelling = "base64") -> None:
        picture = sink.finish(spelling)
        self._sink, self._run = None, _STRING
        placeholder = self._broken
        if picture is not None:
            placeholder = self._token + b"%06d" % len(self._pictures)
            self._pictures[placeholder.decode()] = picture
        self._skeleton += placeholder
        self._searched = len(self._skeleton)

    # ── the skeleton ────────────────────────────────────────────────────────────────────────────────────────

    def _end_string(self) -> None:
        self._inside = False
        content = self._skeleton[self._begin : -1]
        self._ended = len(self._skeleton)
        self._last = bytes(content) if len(content) <= _MAX_KEY else b""
        self._gap = b""

    def _keep(self, piece: bytes) -> None:
        self._skeleton += piece
        if len(self._skeleton) > self._caps.skeleton_bytes:
            raise UnreadableAnswer("answer_too_large", limit=self._caps.skeleton_bytes)


def _bytes_of(numbers: bytes) -> bytes | None:
    """The bytes that a list of numbers is, signed ones too; None where one of them is no byte."""
    try:
        found = [int(number) for number in numbers.split(b",")] if numbers.strip() else []
    except ValueError:
        return None
    if found and not (min(found) >= -128 and max(found) <= 255):
        return None
    return bytes(number & 0xFF for number in found)
