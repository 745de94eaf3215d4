"""A history as an earlier run of the app left it behind."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import resources
from pathlib import Path

from PIL import Image

from playground.history import SHARED_OWNER, History
from playground.record import Record
from playground.result import PicturePart

SAMPLES = ("house", "room", "cat")


def keep(
    data_dir: Path, *, count: int, size: tuple[int, int] = (1024, 1024), owner: str = SHARED_OWNER
) -> int:
    """Keeps `count` generations of one picture each; returns the bytes of all originals."""
    history = History(data_dir)
    originals = [_original(name, size) for name in SAMPLES]
    total = 0
    for number in range(count):
        data = originals[number % len(originals)]
        generation = history.new_id()
        picture = history.save_picture(generation, 1, 1, PicturePart(data, "image/jpeg", *size))
        facts = _facts(picture.name, data, size, picture.sha256)
        history.save_record(Record.read({**_record(generation, number, facts), "owner": owner}))
        total += len(data)
    return total


def keep_edit(
    data_dir: Path, sent: bytes, sent_size: tuple[int, int], came: bytes, size: tuple[int, int]
) -> None:
    """Keeps one edit: the JPEG that was sent, its pixels as stored, and the one that came."""
    history = History(data_dir)
    generation = history.new_id()
    (history.folder(generation) / "input-1.jpg").write_bytes(sent)
    picture = history.save_picture(generation, 1, 1, PicturePart(came, "image/jpeg", *size))
    record = _record(generation, 0, _facts(picture.name, came, size, picture.sha256))
    given = {"name": "input-1.jpg", "mime_type": "image/jpeg", "bytes": len(sent)}
    width, height = sent_size
    inputs = [{**given, "width": width, "height": height, "sha256": sha256(sent).hexdigest()}]
    changes = {"owner": SHARED_OWNER, "mode": "edit", "prompt": "a green corner", "inputs": inputs}
    history.save_record(Record.read({**record, **changes}))


def _original(name: str, size: tuple[int, int]) -> bytes:
    sample = resources.files("playground.ui") / "static" / "samples" / f"{name}.jpg"
    with Image.open(io.BytesIO(sample.read_bytes())) as image:
        large = image.resize(size, Image.Resampling.BICUBIC)
    file = io.BytesIO()
    large.save(file, "JPEG", quality=95)
    return file.getvalue()


def _facts(name: str, data: bytes, size: tuple[int, int], digest: str) -> dict[str, object]:
    return {
        "name": name,
        "mime_type": "image/jpeg",
        "width": size[0],
        "height": size[1],
        "bytes": len(data),
        "sha256": digest,
        "thought": False,
    }


def _record(generation: str, number: int, facts: dict[str, object]) -> dict[str, object]:
    started = datetime.now(UTC) - timedelta(hours=number)
    return {
        "id": generation, "mode": "text", "started": started.isoformat(), "seconds": 8.2,
        "stopped": False, "cost_usd": 0.24, "provider": "demo", "model": "gemini-nano-banana-2.1",
        "model_id": "gemini-nano-banana-2.1", "prompt": f"picture number {number}", "aspect_ratio": "1:1",
        "image_size": "4K", "response_modalities": ["TEXT", "IMAGE"], "output_format": "auto", "count": 1,
        "sent": {}, "inputs": [],
        "outcomes": [{"call": 1, "seconds": 8.2, "pictures": [facts], "text": "", "answer": None}],
    }  # fmt: skip
