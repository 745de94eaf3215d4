"""Raw answers: kept beside the pictures that they brought, without having those twice.

`answer-<call>.txt` begins with a line of JSON, mark -> name of a picture, and goes on with the answer, in
which a mark stands for the base64 of its picture. Reading puts it back, piece by piece. Where a gateway's
base64 was sloppy (no padding, other signs, line ends), it comes back neat. A mark in quotes stands for a list
of numbers, one behind "hex:" for hex.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pybase64

from playground.result import RawAnswer

_BLOCK_BYTES: Final = 3 * 64 * 1024  # in threes, so that the base64 of blocks is that of the file


def name(call: int) -> str:
    """The name of the file of one call's answer."""
    return f"answer-{call}.txt"


def stored(answer: RawAnswer, names: Mapping[Path, str]) -> bytes:
    """What is written, where `names` tells under which name each picture of the answer was saved."""
    marks = {mark: names.get(file, "") for mark, file in answer.files.items()}
    return json.dumps(marks).encode() + b"\n" + answer.text


def length(answer: RawAnswer, paths: Mapping[Path, Path]) -> int:
    """Bytes of the whole answer, where `paths` tells where its pictures are now. Raises OSError."""
    written = 0
    for mark, file in answer.files.items():
        path = paths.get(file)
        if path is not None and mark.startswith('"'):
            written += sum(map(len, _written(mark, path)))
        elif path is not None:
            size = path.stat().st_size
            written += 2 * size if mark.startswith("hex:") else -(-size // 3) * 4
    return len(answer.text) - sum(map(len, answer.files)) + written


def pieces(path: Path, find: Callable[[str], Path | None]) -> Iterator[bytes]:
    """The whole answer, its pictures found by name. Raises OSError."""
    head, _, text = path.read_bytes().partition(b"\n")
    marks = json.loads(head)
    if not marks:
        yield text
        return
    for piece in re.split(b"(" + b"|".join(re.escape(mark.encode()) for mark in marks) + b")", text):
        name = marks.get(piece.decode("latin-1"))
        if name is None:
            yield piece
        elif (picture := find(name)) is not None:
            yield from _written(piece.decode(), picture)


def _written(mark: str, path: Path) -> Iterator[bytes]:
    """A picture as the answer had it where the mark stands."""
    if mark.startswith('"'):
        return _as_numbers(path)
    return _blocks(
        path, lambda block: block.hex().encode() if mark.startswith("hex:") else pybase64.b64encode(block)
    )


def _as_numbers(path: Path) -> Iterator[bytes]:
    yield b"["
    before = b""
    for numbers in _blocks(path, lambda block: ",".join(map(str, block)).encode()):
        yield before + numbers
        before = b","
    yield b"]"


def _blocks(path: Path, write: Callable[[bytes], bytes]) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield write(block)
