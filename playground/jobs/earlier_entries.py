"""Jobs that an earlier release left unfinished and noted in files of its own, in today's form.

<data>/jobs/<run>.lock         held while a process of that release lives
<data>/jobs/<job>.<run>.json   whose the job is, what was asked, and whether its record is finished
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playground import wire
from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.history import History
from playground.history.locks import try_lock
from playground.jobs.records import recorded_inputs
from playground.record import Record
from playground.request import ImageRequest

_log = logging.getLogger(__name__)


def take_in(history: History, catalogue: Catalogue) -> None:
    """Makes jobs for `History.take_over` of the entries whose process has ended. Raises OSError."""
    folder = history.data_dir / "jobs"
    for run in sorted({path.stem.rpartition(".")[2] for path in folder.glob("*.*")}):
        lock = try_lock(folder / f"{run}.lock")
        if lock is None:
            continue
        for path in sorted(folder.glob(f"*.{run}.json")):
            _take_in(path, history, catalogue)
        for half in folder.glob(f"*.{run}.tmp"):
            half.unlink()
        (folder / f"{run}.lock").unlink(missing_ok=True)
        lock.release()


def _take_in(path: Path, history: History, catalogue: Catalogue) -> None:
    try:
        entry = json.loads(path.read_bytes())
        record = _finished(entry, history) if entry["recorded"] else _unfinished(entry, catalogue)
    except (KeyError, TypeError, ValueError):  # also what a request of today's does not allow
        _log.error("the entry of a job that was cut off cannot be read: %s", path.name)
    except PlaygroundError as error:
        _log.error("a job that was cut off will be looked at again: %s", error)
        return
    else:
        if record is not None:
            history.note(record)
    path.unlink()


def _finished(entry: Mapping[str, Any], history: History) -> Record | None:
    """The record of a job that nobody has been told of; None when its person has removed it."""
    record = history.record(entry["owner"], entry["id"])
    return None if record is None else record.model_copy(update={"owner": entry["owner"]})


def _unfinished(entry: Mapping[str, Any], catalogue: Catalogue) -> Record:
    """Not every release wrote a record before the end, nor one that names the input pictures."""
    request = ImageRequest.model_validate(entry["request"])
    model = catalogue.model(request.provider, request.model)
    return Record(
        id=entry["id"],
        owner=entry["owner"],
        mode=entry["mode"],
        started=entry["started"],
        listed=entry["listed"],
        model_id=entry["model_id"],
        provider=request.provider,
        model=request.model,
        prompt=request.prompt,
        settings=request.settings,
        continues=request.continues,
        collapsed=request.collapsed,
        sent=wire.elided(request, model),
        inputs=recorded_inputs(request),
    )
