"""Taking in a ZIP that somebody brings. Nothing in it is believed: names, sizes and kinds are all checked."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from playground import images
from playground.errors import PlaygroundError
from playground.history.archive import FOLDER
from playground.history.folders import MARKS, RECORD, Folders, is_plain
from playground.history.maintenance import Upkeep
from playground.history.models import Imported
from playground.history.quotas import Reservation, Room
from playground.history.recovery import PICTURE_NAME
from playground.record import Record, RecordedImage, RecordedPicture, RecordRefused

MAX_ENTRIES: Final = 50_000
MAX_PICTURE_BYTES: Final = 80_000_000
MAX_RECORD_BYTES: Final = 4_000_000
MAX_TOTAL_BYTES: Final = 8_000_000_000
_INPUT_NAME = re.compile(r"input-\d{1,3}\.[a-z]{3,4}")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
"""What the standard library raises on broken, encrypted and exotic archives."""


def read(owner: str, file: Path, folders: Folders, upkeep: Upkeep, room: Room) -> Imported:
    """See `History.import_zip`."""
    try:
        with zipfile.ZipFile(file) as zipped:
            return _Import(owner, zipped, folders, upkeep, room).run()
    except _BROKEN:
        raise PlaygroundError("zip_unreadable") from None


class _Import:
    def __init__(
        self, owner: str, zipped: zipfile.ZipFile, folders: Folders, upkeep: Upkeep, room: Room
    ) -> None:
        self._owner = owner
        self._zipped = zipped
        self._folders = folders
        self._upkeep = upkeep
        self._room = room

    def run(self) -> Imported:
        found = self._generations()
        size = sum(info.file_size for members in found.values() for info in members.values())
        if size > MAX_TOTAL_BYTES:
            raise PlaygroundError("zip_too_large", limit=MAX_TOTAL_BYTES // 10**6)
        with Reservation(self._room, self._owner) as room:
            room.take(size)
            return self._take_all(found)

    def _take_all(self, found: Mapping[str, Mapping[str, zipfile.ZipInfo]]) -> Imported:
        known = self._upkeep.ask(lambda index: index.known(self._owner, found.keys()))
        new_ids = {old: secrets.token_urlsafe(16) for old in found if old not in known}
        refused = []
        for old, new in new_ids.items():
            try:
                self._take(old, new, found[old], new_ids)
            except RecordRefused as refusal:
                refused.append(refusal.code)
        return Imported(len(new_ids) - len(refused), len(found) - len(new_ids), tuple(refused))

    def _generations(self) -> dict[str, dict[str, zipfile.ZipInfo]]:
        """Members by old id and file name, as far as their names are ours."""
        infos = self._zipped.infolist()
        if len(infos) > MAX_ENTRIES:
            raise PlaygroundError("zip_too_large", limit=MAX_TOTAL_BYTES // 10**6)
        found: dict[str, dict[str, zipfile.ZipInfo]] = defaultdict(dict)
        for info in infos:
            folder, _, rest = info.filename.partition("/")
            generation, _, name = rest.partition("/")
            if folder == FOLDER and is_plain(generation) and _is_ours(name):
                found[generation][name] = info
        return {generation: members for generation, members in found.items() if RECORD in members}

    def _take(
        self, old: str, new: str, members: Mapping[str, zipfile.ZipInfo], ids: Mapping[str, str]
    ) -> None:
        """Takes one generation in. Raises RecordRefused when it is not what its record says."""
        record, is_starred = self._record(members[RECORD])
        known = {"id": new, "owner": self._owner, "origin": old, "parent": ids.get(record.parent or "")}
        try:
            for file in record.files:
                if file.sha256:
                    self._take_picture(new, file, members.get(file.name))
            if is_starred:
                self._folders.write_json(new, MARKS, {"starred": True})
            self._folders.write_json(new, RECORD, record.model_copy(update=known).values)
        except (OSError, *_BROKEN):
            self._folders.remove(new)
            raise
        self._upkeep.put(new)

    def _record(self, info: zipfile.ZipInfo) -> tuple[Record, bool]:
        """The record of a generation, and whether it has a star."""
        data = self._bytes(info, MAX_RECORD_BYTES)
        try:
            values = json.loads(data or b"")
        except (ValueError, RecursionError):
            raise RecordRefused("record_unreadable") from None
        return Record.admit(values), values.get("starred") is True

    def _take_picture(
        self, generation: str, told: RecordedPicture | RecordedImage, info: zipfile.ZipInfo | None
    ) -> None:
        """Takes one file in, if it is to the byte and to the pixel what the record says."""
        data = self._bytes(info, MAX_PICTURE_BYTES) if info is not None else None
        found = images.sniff(data) if data is not None else None
        if data is None or found is None or found.extension != Path(told.name).suffix:
            raise RecordRefused("files_differ")
        facts = (hashlib.sha256(data).hexdigest(), len(data), found.width, found.height)
        if facts != (told.sha256, told.bytes, told.width, told.height):
            raise RecordRefused("files_differ")
        self._folders.write(generation, told.name, data)

    def _bytes(self, info: zipfile.ZipInfo, most: int) -> bytes | None:
        """The content of a member; None when it is more than it may be, whatever its header says."""
        if info.file_size > most:
            return None
        try:
            with self._zipped.open(info) as stream:
                data = stream.read(most + 1)
        except OSError:  # a damaged directory names places outside the file
            raise zipfile.BadZipFile from None
        return data if len(data) <= most else None


def _is_ours(name: str) -> bool:
    return name == RECORD or bool(PICTURE_NAME.fullmatch(name)) or bool(_INPUT_NAME.fullmatch(name))
