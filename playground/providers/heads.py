"""Mends the head of an answer before the parser sees it, where browsers read on and the parser does not.

| what a gateway or its proxy sends | what becomes of it |
|---|---|
| the same Content-Length in several lines, or several times in one | one is left (RFC 9110, section 8.6) |
| a Content-Length beside `Transfer-Encoding: chunked` | it goes (RFC 9112, section 6.3) |
| 204 with a body | read as a 200 |
| bytes behind the promised end | they go, and the connection with them |

Lengths that contradict each other are left to the parser, which refuses them: nobody knows what was meant.
"""

from __future__ import annotations

import re
from typing import Final

_END: Final = re.compile(rb"\r?\n\r?\n")
_LINE_END: Final = re.compile(rb"\r?\n")
_LENGTH: Final = re.compile(
    rb"content-length[ \t]*:[ \t]*(\d{1,18})(?:[ \t]*,[ \t]*\1)*[ \t]*", re.IGNORECASE
)
_CHUNKED: Final = re.compile(rb"\ntransfer-encoding[ \t]*:[^\n]*chunked", re.IGNORECASE)
_STATUS: Final = re.compile(rb"HTTP/1\.\d (\d{3})")
_MAX_HELD: Final = 1024 * 1024
"""A head that is longer goes to the parser as it comes."""


class HeadMending:
    """The bytes of one answer on their way to the parser. Holds them back until its head is there."""

    def __init__(self) -> None:
        self._held = b""
        self._is_past_head = False
        self._left: int | None = None  # of a body whose length is sure
        self.has_more = False
        """Bytes came behind the promised end."""

    def feed(self, data: bytes) -> bytes:
        """What the parser is to see now; b"" while the head is incomplete."""
        if self._is_past_head:
            return self._of_body(data)
        place, at = max(0, len(self._held) - 3), 0  # the end of lines may go on in `data`
        self._held += data
        if not self._held.startswith(b"HTTP/"[: len(self._held)]) or len(self._held) > _MAX_HELD:
            return self.finish()
        heads = b""
        while not self._is_past_head and (end := _END.search(self._held, max(at, place))):
            head, at = self._held[at : end.end()], end.end()
            status = _STATUS.match(head)
            self._is_past_head = status is None or not status[1].startswith(b"1")  # 100: another one follows
            mended, self._left = mend(head)
            heads += mended
        return self._behind(heads, at)

    def _behind(self, heads: bytes, at: int) -> bytes:
        """The mended heads with what stands behind them, which is copied only where something was mended."""
        if not self._is_past_head:
            self._held = self._held[at:]
            return heads
        size = len(self._held) - at
        if heads == self._held[:at] and (self._left is None or size <= self._left):
            self._left = None if self._left is None else self._left - size
            return self.finish()
        return heads + self._of_body(self.finish()[at:])

    def finish(self) -> bytes:
        """What is still held back, when nothing more comes or nothing can be mended."""
        held, self._held, self._is_past_head = self._held, b"", True
        return held

    def _of_body(self, data: bytes) -> bytes:
        if self._left is None:
            return data
        self.has_more |= len(data) > self._left
        data = data[: self._left]
        self._left -= len(data)
        return data


def mend(head: bytes) -> tuple[bytes, int | None]:
    """The head as a parser takes it, and the length of its body where that is sure; see the module."""
    lines = _LINE_END.split(head)
    lengths = [line for line in lines if line[:14].lower() == b"content-length"]
    values = {
        found[1].lstrip(b"0") or b"0" if (found := _LENGTH.fullmatch(line)) else b"?" for line in lengths
    }
    is_chunked = _CHUNKED.search(head) is not None
    if len(values) > 1 or (b"?" in values and not is_chunked):
        return head, None
    length = int(values.pop()) if values and not is_chunked else None
    status = _STATUS.match(head)
    has_body = is_chunked or bool(length)
    if status and status[1] == b"204" and has_body:
        lines[0] = lines[0].replace(b"204", b"200", 1)
    elif len(lengths) < 2 and not (is_chunked and lengths) and b"," not in b"".join(lengths):
        return head, length
    kept = [line for line in lines if line not in lengths]
    if length is not None:
        kept.insert(1, b"Content-Length: %d" % length)
    return b"\r\n".join(kept), length
