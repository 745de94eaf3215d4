"""Keeps every picture that arrived: file first, record second, and only then is anyone told.

Each generation is one folder below the data directory. The original bytes are written to a temporary
name, synced and renamed, so that a picture is either whole on disk or not there at all:

    <data>/generations/<id>/1-1.jpg       first picture of the first call, byte for byte
    <data>/generations/<id>/1-1.thumb.webp
    <data>/generations/<id>/record.json   request and outcomes, never a key

The list that the screen shows lives in memory, one for each visitor.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground import images
from playground.errors import UnusablePicture
from playground.images.loading import write_atomically
from playground.result import PicturePart

THUMBNAIL_SIDE = 320
_MAX_LISTED = 200
_MAX_NAME = 100


@dataclass(frozen=True)
class SavedPicture:
    """One picture on disk, exactly as the provider sent it.

    Attributes:
        generation: id of its generation.
        name: file name, also the last part of its address.
        path: the file.
        thumbnail: small preview beside it; None when the picture could not be drawn.
        mime_type, width, height, byte_count, sha256: facts of the original.
        thought: an interim picture of the model's reasoning.
    """

    generation: str
    name: str
    path: Path
    thumbnail: Path | None
    mime_type: str
    width: int
    height: int
    byte_count: int
    sha256: str
    thought: bool = False


class History:
    """The pictures on disk and, for each owner, what was made in this run of the app. Thread-safe."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "generations"
        self._listed: dict[str, list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    def new_id(self) -> str:
        """An id that nobody can guess: it is also the address of the pictures."""
        return secrets.token_urlsafe(16)

    def folder(self, generation: str) -> Path:
        """Where a generation's files are; made when missing."""
        folder = self._folder / generation
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def save_picture(self, generation: str, call: int, place: int, part: PicturePart) -> SavedPicture:
        """Writes one original and its thumbnail; when this returns, both are on disk.

        Raises:
            OSError: the disk is full or not writable.
        """
        kind = "thought" if part.thought else ""
        name = f"{call}-{place}{kind}{images.extension(part.mime_type)}"
        path = self.folder(generation) / name
        write_atomically(path, part.data)
        return SavedPicture(
            generation=generation,
            name=name,
            path=path,
            thumbnail=_thumbnail(path),
            mime_type=part.mime_type,
            width=part.width,
            height=part.height,
            byte_count=len(part.data),
            sha256=hashlib.sha256(part.data).hexdigest(),
            thought=part.thought,
        )

    def save_record(self, generation: str, record: Mapping[str, Any]) -> None:
        """Writes what was asked and what came, as JSON."""
        text = json.dumps(record, ensure_ascii=False, indent=1, default=str)
        write_atomically(self.folder(generation) / "record.json", text.encode("utf-8", "replace"))

    def list_generation(self, owner: str, generation: str) -> None:
        """Puts a generation at the head of its owner's list."""
        with self._lock:
            listed = self._listed[owner]
            if generation not in listed:
                listed.insert(0, generation)
                del listed[_MAX_LISTED:]

    def listed(self, owner: str) -> Sequence[str]:
        """Ids of an owner's generations, newest first."""
        with self._lock:
            return tuple(self._listed.get(owner, ()))

    def find_file(self, generation: str, name: str) -> Path | None:
        """The file behind an address, or None. Ids and names are looked up, never joined unchecked."""
        if not _is_plain(generation) or not _is_plain(name) or name == "record.json":
            return None
        path = self._folder / generation / name
        return path if path.is_file() else None


def _thumbnail(path: Path) -> Path | None:
    try:
        return images.thumbnail(path, path.with_suffix(".thumb.webp"), THUMBNAIL_SIDE)
    except UnusablePicture:  # the original stays as it came, whatever we can draw of it
        return None


def _is_plain(name: str) -> bool:
    """Whether a name may be joined: our own are short and ASCII, and the system refuses long ones loudly."""
    is_ours = name.isascii() and all(c.isalnum() or c in "-_." for c in name)
    return is_ours and 0 < len(name) <= _MAX_NAME and not name.startswith(".")
