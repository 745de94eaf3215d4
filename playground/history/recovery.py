"""What a crash left: pictures that arrived before the record of their job was finished."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from playground import images
from playground.history.folders import RECORD, Folders

PICTURE_NAME: Final = re.compile(r"(\d{1,3})-(\d{1,3})(thought)?\.[a-z]{3,4}")
"""Names that `History.save_picture` gives: call, place, whether a thought."""


def completed(folders: Folders, generation: str) -> dict[str, Any] | None:
    """The record of a generation, an unfinished one with the pictures that are there; None for no files.

    Raises:
        OSError: the folder cannot be read.
    """
    record = folders.read_json(generation, RECORD)
    if record is not None and record.get("seconds") is not None:
        return record
    outcomes = _outcomes(folders, generation)
    if record is None and not outcomes:
        return None
    record = record or {"started": _oldest(folders, generation).isoformat()}
    return {**record, "outcomes": outcomes or record.get("outcomes", [])}


def _outcomes(folders: Folders, generation: str) -> list[dict[str, Any]]:
    by_call: dict[int, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for name in folders.names(generation):
        match = PICTURE_NAME.fullmatch(name)
        path = folders.find(generation, name) if match else None
        if match is None or path is None:
            continue
        facts = picture_facts(path, thought=match[3] is not None)
        by_call[int(match[1])].append((int(match[2]), facts))
    return [
        {"call": call, "pictures": [facts for _, facts in sorted(found, key=lambda pair: pair[0])]}
        for call, found in sorted(by_call.items())
    ]


def picture_facts(path: Path, *, thought: bool = False) -> dict[str, Any]:
    """What a record says of a picture, read from its file."""
    data = path.read_bytes()
    info = images.sniff(data)
    known: Mapping[str, Any] = {"mime_type": images.media_type(path.name), "width": 0, "height": 0}
    if info is not None:
        known = {"mime_type": info.mime_type, "width": info.width, "height": info.height}
    digest = hashlib.sha256(data).hexdigest()
    return {"name": path.name, **known, "bytes": len(data), "sha256": digest, "thought": thought}


def _oldest(folders: Folders, generation: str) -> datetime:
    paths = (folders.find(generation, name) for name in folders.names(generation))
    moments = [path.stat().st_mtime for path in paths if path is not None]
    return datetime.fromtimestamp(min(moments), UTC)
