"""What is left of a job whose process ended before it did: read from its journal entry and its folder."""

from __future__ import annotations

import hashlib
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from playground import images, wire
from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.history import SavedPicture
from playground.jobs.job import Job, Outcome
from playground.jobs.records import recorded_inputs
from playground.record import RecordedImage
from playground.request import ImageRequest, PreparedImage

_NAME = re.compile(r"(\d{1,2})-(\d{1,3})(thought)?\.(?!thumb)[a-z]{1,5}")


def entry(job: Job) -> dict[str, Any]:
    """What the journal keeps of a job while it runs. There is no key in a request, so none can be in here."""
    return {
        "id": job.id,
        "owner": job.owner,
        "mode": job.mode,
        "listed": job.listed,
        "started": job.started.isoformat(),
        "model_id": job.model_id,
        "request": job.request.model_dump(mode="json"),
        "recorded": job.is_done,
    }


def restored(entry: Mapping[str, Any], catalogue: Catalogue, folder: Path) -> Job | None:
    """The job of an entry, ended: with its pictures in `folder`, and cut off where there is none.

    None when the entry is of no use any more, for instance because its provider is gone.
    """
    try:
        request = ImageRequest.model_validate(entry["request"])
        row = catalogue.provider(request.provider)
        started = datetime.fromisoformat(entry["started"])
        model = catalogue.model(request.provider, request.model)
        inputs = tuple(_kept(given, folder) for given in recorded_inputs(request))
        job = Job(
            id=str(entry["id"]),
            owner=str(entry["owner"]),
            mode=str(entry["mode"]),
            request=request.model_copy(update={"images": tuple(_images(request, inputs, folder))}),
            model=model,
            sent=wire.elided(request, model),
            model_id=str(entry["model_id"]),
            alternatives=(),
            started=started if started.tzinfo else started.replace(tzinfo=UTC),
            started_clock=time.monotonic(),
            inputs=inputs,
            lacks_inputs=any(not given.sha256 for given in inputs),
            interrupted=True,
            free=row.free,
            listed=bool(entry["listed"]),
            seconds=0.0,
        )
    except (KeyError, TypeError, ValueError, ValidationError):
        return None
    job.outcomes = _outcomes(job, folder)
    return job


def _kept(given: RecordedImage, folder: Path) -> RecordedImage:
    """An input picture with the digest of its file, where the file had been kept before the end came."""
    path = folder / given.name
    if not path.is_file():
        return given
    return given.model_copy(update={"sha256": hashlib.sha256(path.read_bytes()).hexdigest()})


def _images(request: ImageRequest, inputs: Sequence[RecordedImage], folder: Path) -> Iterator[PreparedImage]:
    """The input pictures as they were kept: the files that were sent went with their process."""
    for image, given in zip(request.images, inputs, strict=True):
        if given.sha256:
            yield replace(image, path=folder / given.name)


def _outcomes(job: Job, folder: Path) -> list[Outcome]:
    """One for each call: with what came, else cut off."""
    pictures: dict[int, list[SavedPicture]] = defaultdict(list)
    for call, picture in _pictures(job.id, folder):
        pictures[call].append(picture)
    return [
        Outcome(call, 0.0, pictures=tuple(pictures[call]))
        if any(not picture.thought for picture in pictures[call])
        else Outcome(call, 0.0, pictures=tuple(pictures[call]), error=PlaygroundError("interrupted"))
        for call in range(1, job.request.count + 1)
    ]


def _pictures(generation: str, folder: Path) -> Iterator[tuple[int, SavedPicture]]:
    """(call, picture) of every whole original in the folder, by call and place."""
    found = ((match, path) for path in folder.glob("*-*") if (match := _NAME.fullmatch(path.name)))
    for match, path in sorted(found, key=lambda pair: (int(pair[0][1]), int(pair[0][2]))):
        data = path.read_bytes()
        info = images.sniff(data)
        if info is None:
            continue
        thumbnail = path.with_suffix(".thumb.webp")
        yield (
            int(match[1]),
            SavedPicture(
                generation=generation,
                name=path.name,
                path=path,
                thumbnail=thumbnail if thumbnail.is_file() else None,
                mime_type=info.mime_type,
                width=info.width,
                height=info.height,
                byte_count=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                thought=match[3] is not None,
            ),
        )
