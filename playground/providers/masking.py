"""Takes a key out of everything that a provider answered, before anything else sees it.

A gateway may repeat the key that it was sent, in any word, name or picture, and as it likes to write it. What
is looked for are pieces of the key, so that one cut in two is found as well.
"""

from __future__ import annotations

import base64
import json
import mmap
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote

from playground.providers.credentials import MASK, Key, redact

SHORTEST_PIECE: Final = 12
"""So many signs of a key in a row are a piece of it; of a shorter key only the whole is looked for."""

_BLOCK = SHORTEST_PIECE // 2  # each piece holds a whole block, wherever in the key it was cut
_PNG = b"\x89PNG\r\n\x1a\n"
_PACKED: Final = {  # what stands before the packed bytes: a name, how it is packed, and languages
    b"zTXt": re.compile(rb"[^\x00]*\x00\x00"),
    b"iCCP": re.compile(rb"[^\x00]*\x00\x00"),
    b"iTXt": re.compile(rb"[^\x00]*\x00\x01\x00[^\x00]*\x00[^\x00]*\x00"),
}
_MOST_UNPACKED = 4_000_000

T = TypeVar("T")


class Mask:
    """One key, as it may be written: plain, for JSON, for addresses, in base64 with anything before it."""

    def __init__(self, key: Key) -> None:
        self._spellings = tuple(dict.fromkeys(_spellings(key.secret)))
        # As it may stand in a picture's metadata -> what stands there instead; EXIF has texts in UTF-16, too.
        self._stars = {spelling.encode(): b"*" * len(spelling) for spelling in self._spellings}
        for encoding in ("utf-16-le", "utf-16-be"):
            self._stars[key.secret.encode(encoding)] = ("*" * len(key.secret)).encode(encoding)
        self._blocks: dict[str, list[tuple[str, int]]] = {}
        for spelling in self._spellings:
            size = _BLOCK if len(spelling) >= SHORTEST_PIECE else len(spelling)
            for at in range(0, len(spelling) - size + 1, size):
                self._blocks.setdefault(spelling[at : at + size], []).append((spelling, at))
        longest_first = sorted(self._blocks, key=len, reverse=True)
        self._any_block = re.compile(f"(?=({'|'.join(map(re.escape, longest_first))}))")

    def text(self, text: str) -> str:
        """The text with the key, its pieces, and anything shaped like a key replaced by `***`."""
        if any(block in text for block in self._blocks):
            kept, at = [], 0
            for start, end in _joined(self._pieces(text)):
                kept.append(text[at:start])
                at = end
            text = MASK.join([*kept, text[at:]])
        return redact(text)

    def content(self, content: bytes) -> bytes:
        """The same for bytes of text in any encoding that has ASCII in it."""
        return self.text(content.decode("latin-1")).encode("latin-1")

    def value(self, value: T) -> T:
        """The same for every text in a value: in records, lists and mappings, names of members included."""
        masked: Any = value
        kind: Any = type(value)
        if isinstance(value, str):
            masked = self.text(value)
        elif isinstance(value, Mapping):
            masked = kind({self.value(name): self.value(inner) for name, inner in value.items()})
        elif isinstance(value, list | tuple):
            masked = kind(map(self.value, value))
        elif is_dataclass(value) and not isinstance(value, type):
            masked = replace(
                value, **{one.name: self.value(getattr(value, one.name)) for one in fields(value)}
            )
        return cast(T, masked)

    def picture(self, data: bytes) -> bytes:
        """A picture whose metadata repeat the key: stars stand there instead, nothing else changes.

        Texts and profiles that a PNG has packed are looked into, and packed anew where they have it.
        """
        parts, at = [], 0
        for start, end in _png_chunks(data):
            if (chunk := self._packed_anew(data[start:end])) is not None:
                parts += [data[at:start], chunk]
                at = end
        masked = self._starred(b"".join([*parts, data[at:]]))
        return data if masked == data else _with_checksums(masked)

    def file(self, path: Path) -> bool:
        """The same for a picture in a file; whether anything was changed. Raises OSError."""
        if not path.stat().st_size:
            return False
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            is_there = any(
                data.find(written, start, end) >= 0
                for start, end in _outside_pixels(data)
                for written in self._stars
            )
            if not is_there and all(self._packed_anew(data[s:e]) is None for s, e in _packed_chunks(data)):
                return False
            masked = self.picture(data[:])
        path.write_bytes(masked)
        return True

    def _starred(self, data: bytes) -> bytes:
        for written, stars in self._stars.items():
            data = data.replace(written, stars)
        return data

    def _packed_anew(self, chunk: bytes) -> bytes | None:
        """A chunk of a PNG without the key in what it has packed, its checksum still to be made; None where
        nothing is packed, or no key is in it."""
        kind, body = chunk[4:8], chunk[8:-4]
        place = _PACKED[kind].match(body) if kind in _PACKED else None
        if place is None:
            return None
        try:
            plain = zlib.decompressobj().decompress(body[place.end() :], _MOST_UNPACKED)
        except zlib.error:
            return None
        starred = self._starred(plain)
        if starred == plain:
            return None
        body = body[: place.end()] + zlib.compress(starred)
        return len(body).to_bytes(4) + kind + body + bytes(4)

    def _pieces(self, text: str) -> set[tuple[int, int]]:
        """Where pieces of the key begin and end, in any of its spellings."""
        found = set()
        for match in self._any_block.finditer(text):
            for spelling, at in self._blocks[match[1]]:
                start, end = _grown(text, match.start(), spelling, at)
                if end - start >= min(SHORTEST_PIECE, len(spelling)):
                    found.add((start, end))
        return found


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same places in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _spellings(secret: str) -> Iterator[str]:
    in_json = json.dumps(secret)[1:-1]
    yield from (secret, in_json, in_json.replace("/", "\\/"), quote(secret, ""), quote(secret))
    for before in range(3):  # bytes that share the first sign of the base64 with the key
        packed = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        whole_signs = packed[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]
        if len(whole_signs) >= SHORTEST_PIECE:
            yield from (whole_signs, whole_signs.replace("+", "-").replace("/", "_"))


def _grown(text: str, start: int, spelling: str, at: int) -> tuple[int, int]:
    """Beginning and end of what agrees with `spelling` around the place where `text` has its sign `at`."""
    end, behind = start, at
    while start > 0 and at > 0 and text[start - 1] == spelling[at - 1]:
        start, at = start - 1, at - 1
    while end < len(text) and behind < len(spelling) and text[end] == spelling[behind]:
        end, behind = end + 1, behind + 1
    return start, end


def _outside_pixels(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """The parts of a picture in which words may stand: of a PNG, which may be large, all but its pixels."""
    at = 0
    if data[: len(_PNG)] == _PNG:
        for start, end in _png_chunks(data):
            if data[start + 4 : start + 8] == b"IDAT":
                yield at, start
                at = end
    yield at, len(data)


def _png_chunks(data: bytes | mmap.mmap) -> Iterator[tuple[int, int]]:
    """Where the whole chunks of a PNG begin and end: a length, a name, what is in it, and a checksum."""
    at = len(_PNG)
    while data[: len(_PNG)] == _PNG and at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if end > len(data):
            break
        yield at, end
        at = end


def _packed_chunks(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    for start, end in _png_chunks(data):
        if data[start + 4 : start + 8] in _PACKED:
            yield start, end


def _with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what is in them now; other formats have none."""
    made = bytearray(data)
    for start, end in _png_chunks(data):
        made[end - 4 : end] = zlib.crc32(made[start + 4 : end - 4]).to_bytes(4)
    return bytes(made)
