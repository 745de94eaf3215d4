"""Everything that a run needs on disk, made once: pictures to send, bodies for curl, answers, a photograph.

`python -m tests.benchmarks.transport_samples FOLDER SCALE CASE ...` writes

    <folder>/inputs/<n>.jpg        noise, as large as the pictures of the send cases
    <folder>/bodies/<case>.json    the same, as a ready request body for curl
    <folder>/answers/<case>.json   what the server answers
    <folder>/photo.jpg             24 megapixels, lying on its side by its EXIF orientation, too many bytes
    <folder>/upright.jpg           the same pixels, upright and within the limit
    <folder>/digests.json          case -> SHA-256 of its pictures
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import struct
import sys
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.transport_cases import WARM_UP, Case, find

PROMPT = "Put the pictures together."
_SMALL_BYTES = 3_000
_TEXTURES = ((500, 0.6), (100, 0.3), (20, 0.3), (8, 0.2), (4, 0.15), (2, 0.05))  # pixels a cell, strength
_ORIENTATION, _ON_ITS_SIDE = 0x0112, 6


def make(folder: Path, cases: Sequence[Case]) -> None:
    """Writes what `cases` need into `folder`."""
    for name in ("inputs", "bodies", "answers"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    digests = {WARM_UP: _answer(folder, WARM_UP, 1, _SMALL_BYTES)}
    for case in cases:
        if case.kind == "send":
            digests[case.name] = _inputs(folder, case)
            _answer(folder, case.name, 1, _SMALL_BYTES)
        elif case.kind in ("receive", "calls"):
            count = case.count if case.kind == "receive" else 1
            digests[case.name] = _answer(folder, case.name, count, case.picture_bytes)
        elif case.kind in ("prepare", "thumbnail", "untouched"):
            photograph(folder, case)
    (folder / "bodies" / f"{WARM_UP}.json").write_bytes(json.dumps(request_body(())).encode())
    (folder / "digests.json").write_text(json.dumps(digests))


def noise(seed: object, size: int) -> bytes:
    """The same `size` bytes for the same seed; no compression and no luck makes them smaller."""
    return random.Random(str(seed)).randbytes(size)


def png(seed: object, size: int) -> bytes:
    """`size` bytes that begin and end as a PNG does; its pixels are noise and cannot be decoded."""
    header = struct.pack(">IIBBBBB", 4096, 2304, 8, 2, 0, 0, 0)
    frame = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header), _chunk(b"IEND", b"")
    data = noise(seed, size - sum(map(len, frame)) - 12)
    return frame[0] + _chunk(b"IDAT", data) + frame[1]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def inputs(folder: Path, case: Case) -> list[Path]:
    """The pictures that a call of this case carries."""
    return [folder / "inputs" / f"{n}.jpg" for n in range(1, case.count + 1)] if case.kind == "send" else []


def request_body(pictures: Iterable[bytes]) -> dict[str, Any]:
    """A whole generateContent body."""
    parts: list[dict[str, Any]] = [{"text": PROMPT}]
    for data in pictures:
        encoded = base64.b64encode(data).decode()
        parts.append({"inline_data": {"mime_type": "image/jpeg", "data": encoded}})
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]},
    }


def answer_body(text: str, pictures: Iterable[bytes]) -> bytes:
    """A whole answer, laid out over lines as Google's are."""
    parts: list[dict[str, Any]] = [{"text": text}]
    for data in pictures:
        encoded = base64.b64encode(data).decode()
        parts.append({"inlineData": {"mimeType": "image/png", "data": encoded}})
    answer = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1120, "totalTokenCount": 1127},
        "modelVersion": "benchmark",
    }
    return json.dumps(answer, indent=2).encode()


def _inputs(folder: Path, case: Case) -> list[str]:
    digests, pictures = [], []
    for number, path in enumerate(inputs(folder, case), 1):
        data = b"\xff\xd8\xff" + noise(number, case.picture_bytes - 3)
        path.write_bytes(data)
        digests.append(sha256(data))
        pictures.append(data)
    (folder / "bodies" / f"{case.name}.json").write_bytes(json.dumps(request_body(pictures)).encode())
    return digests


def _answer(folder: Path, name: str, count: int, size: int) -> list[str]:
    pictures = [png(f"{name} {number}", size) for number in range(1, count + 1)]
    (folder / "answers" / f"{name}.json").write_bytes(answer_body("Here they are.", pictures))
    return [sha256(data) for data in pictures]


def photograph(folder: Path, case: Case) -> None:
    """Texture of every fineness, the finer the fainter, as in photographs: plain noise would mislead."""
    if (folder / "photo.jpg").exists():
        return
    import numpy as np
    from PIL import Image

    width, height = case.photo_sides
    rng = np.random.default_rng(24)
    total = np.full((height, width, 3), 128, np.float32)
    for grain, strength in _TEXTURES:
        sides = (height // grain + 1, width // grain + 1)
        cells = rng.integers(0, 256, (*sides, 3 if grain > 8 else 1), dtype=np.uint8).repeat(
            3 if grain <= 8 else 1, 2
        )
        layer = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
        total += strength * (np.asarray(layer, dtype=np.float32) - 128)
    image = Image.fromarray(np.clip(total, 0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[_ORIENTATION] = _ON_ITS_SIDE
    image.save(folder / "photo.jpg", quality=91, exif=exif)
    image.save(folder / "upright.jpg", quality=60)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def main(arguments: Sequence[str]) -> None:
    """Writes the samples of the named cases."""
    folder, scale, *names = arguments
    make(Path(folder), [find(name).scaled(float(scale)) for name in names])


if __name__ == "__main__":
    main(sys.argv[1:])
