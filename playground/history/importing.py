"""Taking in a ZIP that somebody brings. Nothing in it is believed: names, sizes and kinds are all checked."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import time
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playground import images
from playground.errors import PlaygroundError
from playground.history import brought, filenames
from playground.history.brought import Members
from playground.history.folders import MARKS, RECORD, Folders, is_plain
from playground.history.managed_index import ManagedIndex
from playground.history.models import Imported
from playground.history.quotas import Quotas, Reservation
from playground.record import (
    Record,
    RecordedError,
    RecordedImage,
    RecordedOutcome,
    RecordedPicture,
    RecordRefused,
)
from playground.text import mended_json

MAX_ENTRIES: Final = 50_000
MAX_PICTURE_BYTES: Final = 80_000_000
MAX_RECORD_BYTES: Final = 4_000_000
MAX_TOTAL_BYTES: Final = 8_000_000_000
MAX_SECONDS: Final = 60
"""How long an import of a stranger's may work; what is left is taken when the same ZIP is brought again."""
_MAX_NAMED: Final = 3
_MAX_STARS: Final = 1000
_IS_LOCKED: Final = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
"""What the standard library raises on broken, encrypted and exotic archives."""


class Clock:
    """How long an import may take; it starts now."""

    def __init__(self, seconds: float = math.inf, is_ended: Callable[[], bool] = lambda: False) -> None:
        """
        Args:
            is_ended: whether it is to end at once: its thread would hold up the end of the process.
        """
        self._end = time.monotonic() + seconds
        self._is_ended = is_ended

    def require(self) -> None:
        """Raises RecordRefused "record_late" once the time is over."""
        if self._is_ended() or time.monotonic() > self._end:
            raise RecordRefused("record_late")


def read(
    owner: str,
    file: Path,
    folders: Folders,
    index: ManagedIndex,
    quotas: Quotas,
    clock: Clock,
) -> Imported:
    """See `History.import_zip`; once the time is over, nothing more is taken."""
    if not file.stat().st_size:
        raise PlaygroundError("zip_empty")
    try:
        with zipfile.ZipFile(file) as zipped:
            return _Import(owner, zipped, folders, index, quotas, clock).run()
    except _BROKEN:
        raise PlaygroundError("zip_unreadable") from None


@dataclass(frozen=True)
class _Found:
    """The generations of a ZIP, read for the first time.

    Attributes:
        by_id: their files, by the id that each had where it was exported.
        refused: why the records of others cannot be read.
        foreign: files that are not ours.
    """

    by_id: Mapping[str, Members]
    refused: tuple[str, ...]
    foreign: tuple[zipfile.ZipInfo, ...]


class _Import:
    def __init__(
        self,
        owner: str,
        zipped: zipfile.ZipFile,
        folders: Folders,
        index: ManagedIndex,
        quotas: Quotas,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._owner = owner
        self._zipped = zipped
        self._folders = folders
        self._index = index
        self._quotas = quotas

    def run(self) -> Imported:
        infos = self._zipped.infolist()
        if len(infos) > MAX_ENTRIES:
            raise PlaygroundError("zip_too_large", limit=MAX_TOTAL_BYTES // 10**6)
        contents = brought.sort(infos)
        size = sum(info.file_size for members in contents.generations for info in members.values())
        if size > MAX_TOTAL_BYTES:
            raise PlaygroundError("zip_too_large", limit=MAX_TOTAL_BYTES // 10**6)
        with Reservation(self._quotas, self._owner) as reservation:
            reservation.take(size)
            found = self._look_through(contents)
            if not found.by_id and not found.refused:
                raise _nothing_of_ours(found.foreign)
            return self._take_all(found)

    def _look_through(self, contents: brought.Contents) -> _Found:
        """Reads every record once, to know which generations there are before the first is taken."""
        by_id: dict[str, Members] = {}
        refused, foreign = [], list(contents.foreign)
        for members in contents.generations:
            try:
                self._clock.require()
                data = self._record_bytes(members[RECORD])
                values = _json(data)
            except RecordRefused as refusal:
                refused.append(refusal.code)
                continue
            if not _is_record(values):
                foreign += members.values()
                continue
            known = _identity(values, data)
            by_id[known] = {**members, **by_id.get(known, {})}  # of one packed twice, each may lack something
        return _Found(by_id, tuple(refused), tuple(foreign))

    def _take_all(self, found: _Found) -> Imported:
        known = self._index.run(lambda index: index.known(self._owner, found.by_id.keys()))
        new_ids = {old: secrets.token_urlsafe(16) for old in found.by_id if old not in known}
        refused, incomplete = list(found.refused), 0
        for old, new in new_ids.items():
            try:
                self._clock.require()
                incomplete += not self._take(old, new, found.by_id[old], new_ids)
            except RecordRefused as refusal:
                refused.append(refusal.code)
        return Imported(
            added=len(new_ids) + len(found.refused) - len(refused),
            known=len(found.by_id) - len(new_ids),
            refused=tuple(refused),
            incomplete=incomplete,
            foreign=_named(found.foreign),
            foreign_count=len(found.foreign),
        )

    def _take(self, old: str, new: str, members: Members, ids: Mapping[str, str]) -> bool:
        """Takes one generation in; whether it is whole. Raises RecordRefused when it is not what it says."""
        values = _json(self._record_bytes(members[RECORD]))
        record, marks = Record.read_strict(values), _stars(values)
        known = {"id": new, "owner": self._owner, "origin": old, "parent": ids.get(record.parent or "")}
        recorded = [file for file in record.files if file.sha256]
        try:
            lost = [file.name for file in recorded if not self._take_picture(new, file, members)]
            if len(lost) == len(recorded) and any(_candidates(file, members) for file in recorded):
                raise RecordRefused("files_differ")
            if marks:
                self._folders.write_json(new, MARKS, marks)
            self._folders.write_json(new, RECORD, _without(record, lost).model_copy(update=known).values)
        except (OSError, *_BROKEN):
            self._folders.remove(new)
            raise
        self._index.update(new)
        return not lost

    def _record_bytes(self, info: zipfile.ZipInfo) -> bytes:
        if info.flag_bits & _IS_LOCKED:
            raise PlaygroundError("zip_locked")
        return self._bytes(info, MAX_RECORD_BYTES) or b""

    def _take_picture(
        self, generation: str, recorded: RecordedPicture | RecordedImage, members: Members
    ) -> bool:
        """Takes one file in, if it is there and is to the byte and to the pixel what the record says."""
        self._clock.require()
        same_size = [one for one in _candidates(recorded, members) if one.file_size == recorded.bytes]
        data = next(filter(None, (self._picture(info, recorded) for info in same_size)), None)
        if data is None:
            return False
        self._folders.write(generation, recorded.name, data)
        return True

    def _picture(self, info: zipfile.ZipInfo, recorded: RecordedPicture | RecordedImage) -> bytes | None:
        """The content of a member that is the picture of the record; None of any other."""
        self._clock.require()
        data = self._bytes(info, MAX_PICTURE_BYTES)
        found = images.sniff(data) if data is not None else None
        if data is None or found is None or found.extension != Path(recorded.name).suffix:
            return None
        facts = (hashlib.sha256(data).hexdigest(), len(data), found.width, found.height)
        is_it = facts == (recorded.sha256, recorded.bytes, recorded.width, recorded.height)
        return data if is_it else None

    def _bytes(self, info: zipfile.ZipInfo, most: int) -> bytes | None:
        """The content of a member; None when it is damaged, or more than it may be by header or in truth."""
        if info.file_size > most:
            return None
        try:
            with self._zipped.open(info) as stream:
                data = stream.read(most + 1)
        except (OSError, *_BROKEN):  # a damaged directory names places outside the file
            return None
        return data if len(data) <= most else None


def _json(data: bytes) -> Any:
    """What a record says. Raises RecordRefused."""
    try:
        return json.loads(mended_json(data))
    except (ValueError, RecursionError):
        raise RecordRefused("record_unreadable") from None


def _is_record(values: object) -> bool:
    """Whether JSON is a record at all; other programs have files of that name, too."""
    return isinstance(values, dict) and not values.keys().isdisjoint({"outcomes", "prompt"})


def _candidates(recorded: RecordedPicture | RecordedImage, members: Members) -> Sequence[zipfile.ZipInfo]:
    """The members that may be a picture: the one of its name, or one with a name for people."""
    named = [info for name, info in members.items() if filenames.is_numbered(name)]
    return [members[recorded.name]] if recorded.name in members else named


def _stars(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The stars of a generation: of its pictures, or else of all of it; empty for none."""
    given = values.get("stars")
    stars = [one for one in given if isinstance(one, str)][:_MAX_STARS] if isinstance(given, list) else []
    if stars:
        return {"stars": stars}
    return {"starred": True} if values.get("starred") is True else {}


def _identity(values: Mapping[str, Any], data: bytes) -> str:
    """The id that a generation had where it was exported. Folders get other names, records do not."""
    known = values.get("id")
    return known if isinstance(known, str) and is_plain(known) else hashlib.sha256(data).hexdigest()


def _without(record: Record, lost: Collection[str]) -> Record:
    """The record without the files that are not there, which says so."""
    if not lost:
        return record
    inputs = tuple(
        one.model_copy(update={"sha256": ""}) if one.name in lost else one for one in record.inputs
    )
    outcomes = tuple(_outcome_without(one, lost) for one in record.outcomes)
    return record.model_copy(update={"inputs": inputs, "outcomes": outcomes})


def _outcome_without(outcome: RecordedOutcome, lost: Collection[str]) -> RecordedOutcome:
    kept = tuple(picture for picture in outcome.pictures if picture.name not in lost)
    if len(kept) == len(outcome.pictures):
        return outcome
    error = outcome.error or RecordedError(code="picture_not_in_zip")
    return outcome.model_copy(update={"pictures": kept, "error": error, "dropped": outcome.dropped or 0})


def _nothing_of_ours(foreign: Sequence[zipfile.ZipInfo]) -> PlaygroundError:
    """Why nothing came of a ZIP without a single record."""
    if not foreign:
        return PlaygroundError("zip_empty")
    inner = next((info for info in foreign if info.filename.lower().endswith(".zip")), None)
    if inner is not None:
        return PlaygroundError("zip_nested", name=brought.shown(inner))
    return PlaygroundError("zip_foreign", names=", ".join(_named(foreign)), files=len(foreign))


def _named(files: Sequence[zipfile.ZipInfo]) -> tuple[str, ...]:
    return tuple(brought.shown(info) for info in files[:_MAX_NAMED])
