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
from typing import Any, Final

from playground import images
from playground.errors import PlaygroundError
from playground.history import records
from playground.history.archive import FOLDER
from playground.history.folders import MARKS, RECORD, Folders, is_plain
from playground.history.maintenance import Upkeep
from playground.history.models import Imported
from playground.history.quotas import Room
from playground.history.recovery import PICTURE_NAME

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
        self._room.require(self._owner, size)
        known = self._upkeep.ask(lambda index: index.known(self._owner, found.keys()))
        new_ids = {old: secrets.token_urlsafe(16) for old in found if old not in known}
        added = sum(self._take(old, new, found[old], new_ids) for old, new in new_ids.items())
        return Imported(added, len(found) - added)

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
    ) -> bool:
        """Takes one generation in; False when it is not what its record says."""
        record = self._record(members[RECORD])
        if record is None:
            return False
        digests = _digests(record)
        starred = record.pop("starred", None) is True
        parent = record.get("parent")
        record |= {"id": new, "owner": self._owner, "origin": old, "form": records.FORM}
        record["parent"] = ids.get(parent) if isinstance(parent, str) else None
        try:
            for name, digest in digests.items():
                if name not in members or not self._take_picture(new, name, members[name], digest):
                    self._folders.remove(new)
                    return False
            if starred:
                self._folders.write_json(new, MARKS, {"starred": True})
            self._folders.write_json(new, RECORD, record)
        except (OSError, *_BROKEN):
            self._folders.remove(new)
            raise
        self._upkeep.put(new)
        return True

    def _record(self, info: zipfile.ZipInfo) -> dict[str, Any] | None:
        data = self._bytes(info, MAX_RECORD_BYTES)
        try:
            record = json.loads(data or b"")
        except (ValueError, RecursionError):
            return None
        is_usable = isinstance(record, dict) and records.row("", record, None, "").created > 0
        return record if is_usable else None

    def _take_picture(self, generation: str, name: str, info: zipfile.ZipInfo, digest: str) -> bool:
        data = self._bytes(info, MAX_PICTURE_BYTES)
        if data is None or hashlib.sha256(data).hexdigest() != digest:
            return False
        found = images.sniff(data)
        if found is None or found.extension != Path(name).suffix:
            return False
        self._folders.write(generation, name, data)
        return True

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


def _digests(record: Mapping[str, Any]) -> dict[str, str]:
    """Names and SHA-256 of the pictures and inputs that a record speaks of."""
    spoken_of = (*records.pictures(record), *records.inputs(record))
    return {str(item["name"]): str(item["sha256"]) for item in spoken_of}
