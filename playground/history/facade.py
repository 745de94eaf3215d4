"""Keeps every picture that arrived: file first, index second, and only then is anyone told."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playground import images
from playground.errors import UnusablePicture
from playground.history import folders as disk
from playground.history.folders import MARKS, RECORD, Folders, Incoming
from playground.history.records import FORM
from playground.history.values import (
    Choices,
    Cursor,
    Entry,
    Imported,
    Page,
    Query,
    Recipe,
    SavedPicture,
    Usage,
)
from playground.request import PreparedImage
from playground.result import PicturePart

if TYPE_CHECKING:
    from playground.history.index import Index

THUMBNAIL_SIDE: Final = 320
THUMBNAIL_ENDING: Final = ".thumb.webp"
UNDO_SECONDS: Final = 600
"""How long a deleted generation can be brought back."""

EVERYBODY: Final = "everybody"
"""The one owner of a history that is not divided among visitors."""

PROGRAM: Final = "program-"
"""How the owners begin whose pictures belong to whoever knows the address: see `History.find_file`."""

_MAX_LISTED = 200


_ALL = Query()


class History:
    """The generations on disk and the index over them. Synchronous and thread-safe: call it in a thread.

    Every method that reads the index may raise PlaygroundError "history_busy" or "history_failed", and every
    method that writes files OSError.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._incoming = Incoming(data_dir / "incoming")
        self._folders = Folders(data_dir / "generations", self._incoming)
        self._listed: dict[str, list[str]] = defaultdict(list)
        self._lock = threading.Lock()
        self._begun: dict[str, list[dict[str, Any]]] = {}
        self._opened: Index | None = None

    @property
    def _index(self) -> Index:
        with self._lock:
            if self._opened is None:
                from playground.history.database import Database, sqlite_url
                from playground.history.index import Index

                self._data_dir.mkdir(parents=True, exist_ok=True)
                database = Database(sqlite_url(self._data_dir / "history.sqlite3"))
                database.create()
                self._opened = Index(database)
            return self._opened

    @property
    def incoming(self) -> Path:
        """Folder for files on their way: on the same file system, swept once this process has ended."""
        return self._incoming.path

    def new_id(self) -> str:
        """An id that nobody can guess: it is also the address of the pictures."""
        return secrets.token_urlsafe(16)

    def folder(self, generation: str) -> Path:
        """Where a generation's files are; made when missing."""
        return self._folders.folder(generation)

    # ── keeping ─────────────────────────────────────────────────────────────────────────────────────────────

    def save_picture(self, generation: str, call: int, place: int, part: PicturePart) -> SavedPicture:
        """Keeps one original, byte for byte; when this returns, it is on disk.

        A part that comes as a file is moved into place, or copied from another file system.
        """
        kind = "thought" if part.thought else ""
        name = f"{call}-{place}{kind}{images.extension(part.mime_type)}"
        if part.file is None:
            digest = hashlib.sha256(part.data).hexdigest()
            path = self._folders.write(generation, name, part.data)
        else:
            with part.file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            path = self._folders.move_in(generation, name, part.file)
        return SavedPicture(
            generation=generation,
            name=name,
            path=path,
            thumbnail=path.with_suffix(THUMBNAIL_ENDING),
            mime_type=part.mime_type,
            width=part.width,
            height=part.height,
            byte_count=part.byte_count,
            sha256=digest,
            thought=part.thought,
        )

    def begin(self, generation: str, record: Mapping[str, Any]) -> None:
        """Notes whose a generation is and what was asked, before its first picture can come.

        Raises:
            PlaygroundError: there is no room, see `require_room`.
        """
        self.require_room(str(record.get("owner", "")))
        self._folders.write_json(generation, RECORD, {"form": FORM, **record})
        with self._lock:
            self._begun[generation] = []

    def forget(self, generation: str) -> None:
        """Takes away a generation that came to nothing."""
        with self._lock:
            self._begun.pop(generation, None)
        self._folders.remove(generation)

    def save_input(self, generation: str, number: int, image: PreparedImage) -> str:
        """Keeps an input picture as it is sent; returns its name. Where possible, no byte is copied."""
        name = f"input-{number}{images.extension(image.mime_type)}"
        path = self._folders.link_in(generation, name, image.path)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        facts = {
            "name": name,
            "mime_type": image.mime_type,
            "width": image.width,
            "height": image.height,
            "bytes": image.byte_count,
            "sha256": digest,
            "changes": list(image.changes),
        }
        with self._lock:
            self._begun.setdefault(generation, []).append(facts)
        return name

    def save_record(self, generation: str, record: Mapping[str, Any]) -> None:
        """Writes what was asked and what came, as JSON, and puts it into the index.

        The inputs that `save_input` kept are added, and as "parent" the generation of the owner's that one of
        them came from.
        """
        with self._lock:
            inputs = self._begun.pop(generation, [])
        known = {"form": FORM, "inputs": inputs, "parent": self._origin(str(record.get("owner", "")), inputs)}
        self._folders.write_json(generation, RECORD, known | dict(record))
        if record.get("owner"):
            self._put(generation)

    def _origin(self, owner: str, inputs: Sequence[Mapping[str, Any]]) -> str | None:
        found = (self._index.with_picture(owner, given["sha256"]) for given in inputs)
        return next((generation for generation in found if generation), None)

    def _put(self, generation: str) -> None:
        from playground.history.records import row

        record = self._folders.read_json(generation, RECORD)
        if record is not None:
            marks = self._folders.read_json(generation, MARKS)
            self._index.put([row(generation, record, marks, "")])

    # ── finding ─────────────────────────────────────────────────────────────────────────────────────────────

    def page(self, owner: str, query: Query = _ALL, *, after: Cursor | None = None, limit: int = 50) -> Page:
        """The newest entries that a query finds, or those after a cursor."""
        before = int(after) if after is not None and after.isdecimal() else None
        found = self._index.page(owner, query, before, limit + 1)
        entries = tuple(map(self._entry, found[:limit]))
        more = len(found) > limit
        return Page(entries, Cursor(str(found[limit - 1].seq)) if more else None)

    def entry(self, owner: str, generation: str) -> Entry | None:
        """One of an owner's generations; None for an unknown, a deleted and another's alike."""
        found = self._index.find(owner, [generation])
        return self._entry(found[0]) if found else None

    def record(self, owner: str, generation: str) -> Mapping[str, Any] | None:
        """Everything that is kept of a generation, but not whose it is; None as for `entry`."""
        if not self._index.find(owner, [generation]):
            return None
        record = self._folders.read_json(generation, RECORD)
        return None if record is None else {name: value for name, value in record.items() if name != "owner"}

    def tree(self, owner: str, generation: str) -> tuple[Entry, ...]:
        """What a generation came from, itself, and what came of it, oldest first."""
        found = self._index.find(owner, self._index.relatives(owner, generation))
        return tuple(map(self._entry, reversed(found)))

    def choices(self, owner: str) -> Choices:
        """What occurs in an owner's history, for the filters."""
        return self._index.choices(owner)

    def find_picture(self, owner: str, sha256: str) -> Entry | None:
        """The newest generation of an owner's that brought the picture with this digest (lower case hex)."""
        found = self._index.with_picture(owner, sha256)
        return None if found is None else self.entry(owner, found)

    def _entry(self, row: Any) -> Entry:
        from playground.history.records import moment

        pictures = tuple(self._picture(row.id, *facts) for facts in json.loads(row.pictures))
        return Entry(
            row.id,
            moment(row.created),
            row.mode,
            row.provider,
            row.model,
            row.prompt,
            row.answer,
            row.seconds,
            row.cost,
            bool(row.starred),
            row.parent,
            pictures,
            row.error_code,
        )

    def _picture(
        self, generation: str, name: str, mime_type: str, width: int, height: int, size: int, sha256: str
    ) -> SavedPicture:
        path = self._folders.root / generation / name
        thumbnail = path.with_suffix(THUMBNAIL_ENDING)
        return SavedPicture(generation, name, path, thumbnail, mime_type, width, height, size, sha256)

    # ── changing ────────────────────────────────────────────────────────────────────────────────────────────

    def star(self, owner: str, generation: str, on: bool) -> None:
        """Puts a star on an owner's generation, or takes it off."""
        for one in self._own(owner, [generation]):
            self._mark(one, starred=on)
            self._index.star(one, on)

    def delete(self, owner: str, generations: Collection[str]) -> int:
        """Hides generations at once and removes them after UNDO_SECONDS; how many there were."""
        own = self._own(owner, generations)
        now = datetime.now(UTC)
        for one in own:
            self._mark(one, deleted=now.isoformat())
        from playground.history.records import microseconds

        self._index.mark_deleted(own, microseconds(now))
        return len(own)

    def restore(self, owner: str, generations: Collection[str]) -> int:
        """Brings back what was deleted less than UNDO_SECONDS ago; how many came back."""
        own = [one for one in generations if self._index.owner(one) == (owner, True)]
        for one in own:
            self._mark(one, deleted=None)
        self._index.mark_deleted(own, None)
        return len(own)

    def delete_all(self, owner: str) -> int:
        """Removes everything of an owner's, for good; how many generations there were."""
        own = self._index.ids_of(owner)
        for one in own:
            self._folders.remove(one)
        self._index.remove(own)
        return len(own)

    def _own(self, owner: str, generations: Collection[str]) -> list[str]:
        return [row.id for row in self._index.find(owner, generations)]

    def _mark(self, generation: str, **marks: Any) -> None:
        before = self._folders.read_json(generation, MARKS) or {}
        self._folders.write_json(generation, MARKS, {**before, **marks})

    # ── carrying away and bringing in ───────────────────────────────────────────────────────────────────────

    def export_zip(self, owner: str, generations: Collection[str], folder: Path) -> Path:
        """A ZIP of an owner's generations in `folder`: originals, records, and a page to look at them."""
        raise NotImplementedError

    def import_zip(self, owner: str, file: Path) -> Imported:
        """Takes in a ZIP that `export_zip` made."""
        raise NotImplementedError

    def read_recipe(self, file: Path) -> Recipe | None:
        """The recipe inside a picture, or None."""
        raise NotImplementedError

    def copy_with_recipe(self, owner: str, generation: str, name: str, folder: Path) -> Path:
        """A copy of an owner's picture in `folder`, with its recipe inside and its pixels untouched."""
        raise NotImplementedError

    # ── room ────────────────────────────────────────────────────────────────────────────────────────────────

    def usage(self, owner: str) -> Usage:
        """How much an owner keeps."""
        count, size = self._index.usage(owner)
        return Usage(count, size, None)

    def require_room(self, owner: str) -> None:
        """Raises PlaygroundError when an answer could not be kept: before anything is paid for."""

    # ── files ───────────────────────────────────────────────────────────────────────────────────────────────

    def find_file(self, owner: str, generation: str, name: str) -> Path | None:
        """The file behind an address, or None: another's is as unknown as one that never was."""
        if name in (RECORD, MARKS) or not self._may_see(owner, generation):
            return None
        path = self._folders.find(generation, name)
        if path is None and name.endswith(THUMBNAIL_ENDING):
            return self._make_thumbnail(generation, name)
        return path

    def _may_see(self, owner: str, generation: str) -> bool:
        if not disk.is_plain(generation):
            return False
        known = self._index.owner(generation)
        if known is not None:
            whose, is_deleted = known
            return not is_deleted and (whose == owner or whose.startswith(PROGRAM))
        record = self._folders.read_json(generation, RECORD) or {}
        return record.get("owner", "") in ("", owner)

    def _make_thumbnail(self, generation: str, name: str) -> Path | None:
        stem = name.removesuffix(THUMBNAIL_ENDING)
        for other in self._folders.names(generation):
            source = self._folders.find(generation, other)
            if (
                source is None
                or Path(other).stem != stem
                or not images.media_type(other).startswith("image/")
            ):
                continue
            temporary = self._incoming.new_path()
            try:
                images.thumbnail(source, temporary, THUMBNAIL_SIDE)
            except UnusablePicture:
                return None
            return self._folders.move_in(generation, name, temporary, synced=False)
        return None

    # ── this run of the app ─────────────────────────────────────────────────────────────────────────────────

    def list_generation(self, owner: str, generation: str) -> None:
        """Puts a generation at the head of its owner's list."""
        with self._lock:
            listed = self._listed[owner]
            if generation not in listed:
                listed.insert(0, generation)
                del listed[_MAX_LISTED:]

    def listed(self, owner: str) -> Sequence[str]:
        """Ids of an owner's generations of this run, newest first."""
        with self._lock:
            return tuple(self._listed.get(owner, ()))
