"""Unpacks the body of a response by what its bytes are; the Content-Encoding header is only a hint.

Gateways and their proxies name codings that nobody knows, name one that was undone on the way, or name none.
So the beginning of the body decides: text is taken as it is, the signs of gzip and zstd are believed, and
what has no sign (zlib, raw deflate, brotli) is tried. A body may be packed twice, or in several members.
Everything comes out in pieces of bounded size, so that a small bomb stays small.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import brotli

from playground.errors import UnreadableAnswer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_PIECE_BYTES: Final = 256 * 1024
_TEXT_BYTES: Final = 64
_TRIED_BYTES: Final = 512
_MAX_LAYERS: Final = 2
_CONTROL: Final = frozenset(range(32)) - frozenset(b"\t\n\r\f\0") | {127}
_ERRORS: Final = (zlib.error, brotli.error, zstd.ZstdError, EOFError)


class _Codec(Protocol):
    """One packed stream.

    `unpack` returns about `_PIECE_BYTES` at most, and is called with b"" as long as it is `full`. `rest` is
    what stands behind the stream's end, and None before that.
    """

    def unpack(self, data: bytes) -> bytes: ...

    @property
    def full(self) -> bool: ...

    @property
    def rest(self) -> bytes | None: ...


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._stream = zlib.decompressobj(wbits)
        self.full = False

    def unpack(self, data: bytes) -> bytes:
        piece = self._stream.decompress(self._stream.unconsumed_tail + data, _PIECE_BYTES)
        self.full = not self._stream.eof and len(piece) == _PIECE_BYTES
        return piece

    @property
    def rest(self) -> bytes | None:
        return self._stream.unused_data if self._stream.eof else None


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 24})

    def unpack(self, data: bytes) -> bytes:
        return self._stream.decompress(data, _PIECE_BYTES)

    @property
    def full(self) -> bool:
        return not self._stream.eof and not self._stream.needs_input

    @property
    def rest(self) -> bytes | None:
        return self._stream.unused_data if self._stream.eof else None


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._had_more = False

    def unpack(self, data: bytes) -> bytes:
        if self._stream.is_finished():  # nothing may stand behind it
            return b""
        piece = bytes(self._stream.process(data, output_buffer_limit=_PIECE_BYTES))
        self._had_more = len(piece) >= _PIECE_BYTES
        return piece

    @property
    def full(self) -> bool:
        is_held_up = self._had_more or not self._stream.can_accept_more_data()
        return is_held_up and not self._stream.is_finished()

    @property
    def rest(self) -> bytes | None:
        return None  # it has no members


@dataclass(frozen=True)
class _Coding:
    """A way of packing: its names in Content-Encoding, and how it begins where that is sure."""

    names: frozenset[str]
    make: Callable[[], _Codec]
    sign: bytes = b""


_CODINGS: Final = (
    _Coding(frozenset({"gzip", "x-gzip"}), lambda: _Zlib(zlib.MAX_WBITS | 16), b"\x1f\x8b\x08"),
    _Coding(frozenset({"zstd"}), _Zstd, b"\x28\xb5\x2f\xfd"),
    _Coding(frozenset({"deflate", "zlib"}), lambda: _Zlib(zlib.MAX_WBITS)),
    _Coding(frozenset({"deflate"}), lambda: _Zlib(-zlib.MAX_WBITS)),
    _Coding(frozenset({"br", "brotli"}), _Brotli),
)


class Unpacker:
    """Takes a body in pieces of any size and gives it unpacked.

    Raises UnreadableAnswer where packed bytes are damaged; what came before them has been given.
    """

    def __init__(self, content_encoding: str = "", layers: int = _MAX_LAYERS) -> None:
        self._hint = content_encoding
        self._layers = layers
        self._held = b""
        self._codec: _Codec | None = None
        self._inner: Unpacker | None = None
        self._is_plain = False
        self._is_first = True

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What these bytes bring; an empty piece now and then, where unpacking took its time."""
        if self._is_plain:
            yield chunk
            return
        while chunk:
            if self._codec is None:
                self._held += chunk
                if not self._is_first:  # members may be padded
                    self._held = self._held.lstrip(b"\0")
                if not self._has_decided():
                    return
                chunk, self._held = self._held, b""
                if self._is_plain:
                    yield chunk
                    return
            yield from self._unpacked(chunk)
            chunk = self._next_member()

    def finish(self) -> Iterator[bytes]:
        """What was still held back when the body ended."""
        held, self._held = self._held, b""
        if held and self._codec is None:
            self._codec = self._coding_of(held)
            self._is_plain = self._codec is None
            yield from self.feed(held)
        if self._inner is not None:
            yield from self._inner.finish()

    def _has_decided(self) -> bool:
        """Whether enough has been seen to know what the body is."""
        if is_text(self._held[:_TEXT_BYTES]):
            self._is_plain = len(self._held) >= _TEXT_BYTES or (self._is_first and _starts_json(self._held))
            return self._is_plain
        if len(self._held) < _TRIED_BYTES and not any(
            self._held.startswith(coding.sign) for coding in _CODINGS if coding.sign
        ):
            return False
        self._codec = self._coding_of(self._held)
        self._is_plain = self._codec is None
        return True

    def _coding_of(self, start: bytes) -> _Codec | None:
        if self._layers == 0 or is_text(start[:_TEXT_BYTES]):
            return None
        hinted = {name.strip() for name in self._hint.lower().split(",")}
        found = next((row for row in _CODINGS if _fits(row, start[:_TRIED_BYTES], hinted)), None)
        return found.make() if found else None

    def _unpacked(self, chunk: bytes) -> Iterator[bytes]:
        if self._codec is None:
            raise TypeError("nothing is unpacked before it is known how")
        if self._inner is None:
            self._inner = Unpacker(self._hint, self._layers - 1)
        try:
            yield from self._inner.feed(self._codec.unpack(chunk))
            while self._codec.full:
                yield from self._inner.feed(self._codec.unpack(b""))
        except _ERRORS:
            raise UnreadableAnswer("unreadable_answer") from None
        yield b""

    def _next_member(self) -> bytes:
        """What stands behind the end of a packed stream, which is looked at anew."""
        rest = self._codec.rest if self._codec else None
        if rest is None:
            return b""
        self._codec, self._is_first = None, False
        return rest


def is_text(start: bytes) -> bool:
    """Whether bytes are the beginning of a text in UTF-8: no control characters, no stray bytes."""
    if not _CONTROL.isdisjoint(start) or start.count(0) == len(start) > 0:
        return False
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return len(start) - error.start < 4 and error.reason == "unexpected end of data"
    return True


def _starts_json(start: bytes) -> bool:
    return start.lstrip()[:1] in (b"{", b"[", b"<", b'"')


def _fits(row: _Coding, start: bytes, hinted: set[str]) -> bool:
    """Whether bytes are packed so: they say it, or they can be unpacked into something."""
    if row.sign:
        return start.startswith(row.sign)
    codec = row.make()
    try:
        piece = codec.unpack(start)
    except _ERRORS:
        return False
    is_named = not row.names.isdisjoint(hinted)
    known = any(piece.startswith(other.sign) for other in _CODINGS if other.sign)
    return is_named or known or (bool(piece) and is_text(piece[:_TEXT_BYTES]))
