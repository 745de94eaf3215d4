"""What a crash left: pictures that arrived before the record of their job was finished."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Final

from playground import images
from playground.history.folders import RECORD, Folders
from playground.record import Record, RecordedError, RecordedImage, RecordedOutcome, RecordedPicture

PICTURE_NAME: Final = re.compile(r"(\d{1,3})-(\d{1,3})(thought|locked)?\.[a-z][a-z0-9]{2,3}")
"""Names that `History.save_picture` gives: call, place, and what kind it is of."""


def read(folders: Folders, generation: str) -> Record | None:
    """The record of a generation as it is on disk; None when it is missing or damaged."""
    values = folders.read_json(generation, RECORD)
    return None if values is None else Record.read(values, id=generation)


def completed(folders: Folders, generation: str, known: Record | None = None) -> Record | None:
    """The record of a generation, an unfinished one with the pictures that are there; None for no files.

    Args:
        known: more than an unfinished record on disk says.

    Raises:
        OSError: the folder cannot be read.
    """
    record = read(folders, generation)
    if record is not None and record.seconds is not None:
        return record
    if record is not None and known is not None:
        # It may have been told while its files were being written: it has ended once the disk says so.
        record = known.model_copy(update={"seconds": None})
    outcomes = {outcome.call: outcome for outcome in _outcomes(folders, generation)}
    if record is None:
        if not outcomes:
            return None
        record = Record(id=generation, started=_oldest(folders, generation))
    outcomes |= {outcome.call: outcome for outcome in record.outcomes}  # which know more than the files
    inputs = tuple(_kept(folders, generation, given) for given in record.inputs)
    by_call = tuple(outcomes[call] for call in sorted(outcomes))
    return record.model_copy(update={"outcomes": by_call, "inputs": inputs})


def interrupted(folders: Folders, generation: str, known: Record | None = None) -> Record | None:
    """The record of a job that its process did not end, with an outcome for every call.

    None for a job that ended like any other, and for one that got no further than its note. `seconds` is None
    as long as nobody has saved it as interrupted. `known` as for `completed`.

    Raises:
        OSError: the folder cannot be read.
    """
    record = completed(folders, generation, known)
    if record is None or not record.owner:
        return None
    if record.seconds is not None:
        return record if record.interrupted else None
    told = {outcome.call: outcome for outcome in record.outcomes}
    count = record.settings["count"]
    last = max(count if isinstance(count, int) else 1, *told, 1)
    outcomes = tuple(_ended(told.get(call) or RecordedOutcome(call=call)) for call in range(1, last + 1))
    return record.model_copy(update={"outcomes": outcomes, "interrupted": True})


def _ended(outcome: RecordedOutcome) -> RecordedOutcome:
    """The outcome of a call whose process has ended: without a picture or a reason, the call was cut off."""
    if outcome.error is not None or any(not picture.thought for picture in outcome.pictures):
        return outcome
    return outcome.model_copy(update={"error": RecordedError(code="interrupted")})


def _outcomes(folders: Folders, generation: str) -> tuple[RecordedOutcome, ...]:
    by_call: dict[int, list[tuple[int, RecordedPicture]]] = defaultdict(list)
    for name in folders.names(generation):
        match = PICTURE_NAME.fullmatch(name)
        path = folders.find(generation, name) if match else None
        if match is not None and path is not None:
            by_call[int(match[1])].append((int(match[2]), _picture(path, match[3])))
    return tuple(
        RecordedOutcome(call=call, pictures=tuple(picture for _, picture in sorted(found, key=itemgetter(0))))
        for call, found in sorted(by_call.items())
    )


def _picture(path: Path, kind: str | None) -> RecordedPicture:
    """What a record says of a picture, read from its file."""
    data = path.read_bytes()
    info = images.sniff(data)
    return RecordedPicture(
        name=path.name,
        mime_type=info.mime_type if info else images.media_type(path.name),
        width=info.width if info else 0,
        height=info.height if info else 0,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        thought=kind == "thought",
        locked=kind == "locked",
    )


def _kept(folders: Folders, generation: str, given: RecordedImage) -> RecordedImage:
    """An input picture with the digest of its file, where the file was kept and nobody had noted it."""
    path = None if given.sha256 else folders.find(generation, given.name)
    if path is None:
        return given
    return given.model_copy(update={"sha256": hashlib.sha256(path.read_bytes()).hexdigest()})


def _oldest(folders: Folders, generation: str) -> datetime:
    paths = (folders.find(generation, name) for name in folders.names(generation))
    moments = [path.stat().st_mtime for path in paths if path is not None]
    return datetime.fromtimestamp(min(moments), UTC)
