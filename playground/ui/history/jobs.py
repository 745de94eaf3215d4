"""A job as it was, made from its record: what an earlier run made opens like what this one makes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from playground import wire
from playground.catalogue import Catalogue, ModelRow
from playground.errors import Billed, NoPicture, PlaygroundError, ProviderError
from playground.history import Entry, History, SavedPicture
from playground.jobs.comparison import receive
from playground.jobs.studio import Job, Outcome, Studio
from playground.request import ImageRequest, PreparedImage
from playground.result import ImageResult, PicturePart, TextPart

_log = logging.getLogger(__name__)


async def find(studio: Studio, owner: str, generation: str) -> Job | None:
    """An owner's job: a running one, one of this run that is still known, or one from its record."""
    known = studio.job(generation, owner=owner)
    if known is not None:
        return known
    try:
        return await asyncio.to_thread(restored, studio.history, studio.catalogue, owner, generation)
    except PlaygroundError:
        return None


async def newest(studio: Studio, owner: str, count: int) -> tuple[Entry, ...]:
    """An owner's newest generations; none while the index cannot be read, for nothing else hangs on it."""
    try:
        return (await asyncio.to_thread(studio.history.page, owner, limit=count)).entries
    except PlaygroundError as error:
        _log.error("the history could not be read: %s", error)
        return ()


async def latest(studio: Studio, owner: str) -> Job | None:
    """What a page that is loaded anew shows: the newest that is kept, of this run of the app or before it."""
    kept = next(iter(await newest(studio, owner, 1)), None)
    known = studio.latest(owner)
    if known is not None and (kept is None or known.started > kept.created):
        # A full disk may have taken its record and left its pictures. A deleted one has neither.
        names = [picture.name for picture in known.pictures]
        there = [await asyncio.to_thread(studio.history.find_file, owner, known.id, name) for name in names]
        if any(there):
            return known
    return None if kept is None else await find(studio, owner, kept.id)


def restored(history: History, catalogue: Catalogue, owner: str, generation: str) -> Job | None:
    """The ended job that a record tells of; None for another's. Blocks: call it in a thread."""
    entry, record = history.entry(owner, generation), history.record(owner, generation)
    if entry is None or record is None:
        return None
    request = request_of(history, owner, entry, record)
    provider = catalogue.providers.get(request.provider)
    job = Job(
        id=generation,
        owner=owner,
        mode=entry.mode,
        request=request,
        model=_row(catalogue, request),
        sent=_dict(record.get("sent")),
        model_id=str(record.get("model_id") or entry.model),
        alternatives=tuple(
            (model, row)
            for model, row in (provider.models.items() if provider else ())
            if row.retirement is None
        ),
        started=_moment(record.get("started"), entry),
        started_clock=0.0,
        stopped=record.get("stopped") is True,
        interrupted=record.get("interrupted") is True,
        free=bool(provider and provider.free),
        seconds=entry.seconds or 0.0,
    )
    digests = {str(one.get("sha256")): n for n, one in enumerate(_dicts(record.get("inputs")), 1)}
    for told in _list(record.get("outcomes")):
        job.outcomes.append(_outcome(history, job, entry, _dict(told), digests))
    if not job.outcomes and entry.error_code:
        job.outcomes.append(Outcome(1, job.seconds or 0.0, error=PlaygroundError(entry.error_code)))
    return job


def request_of(history: History, owner: str, entry: Entry, record: Mapping[str, Any]) -> ImageRequest:
    """What was wanted, with the input pictures that are still there."""
    inputs = (_input(history, owner, entry.id, _dict(given)) for given in _list(record.get("inputs")))
    modalities: Any = tuple(str(one) for one in _list(record.get("response_modalities")))
    # Not checked again: a record may hold what today's catalogue would refuse, and is shown all the same.
    return ImageRequest.model_construct(
        prompt=entry.prompt,
        provider=entry.provider,
        model=entry.model,
        aspect_ratio=str(record.get("aspect_ratio") or "auto"),
        image_size=str(record.get("image_size") or "auto"),
        response_modalities=modalities or ("TEXT", "IMAGE"),
        output_format=str(record.get("output_format") or "auto"),
        count=max(_whole(record.get("count")), 1),
        images=tuple(image for image in inputs if image is not None),
        continues=str(record.get("continues") or ""),
        collapsed=str(record.get("collapsed") or ""),
    )


def _input(history: History, owner: str, generation: str, given: Mapping[str, Any]) -> PreparedImage | None:
    path = history.find_file(owner, generation, str(given.get("name")))
    if path is None:
        return None
    return PreparedImage(
        path=path,
        mime_type=str(given.get("mime_type") or ""),
        width=_whole(given.get("width")),
        height=_whole(given.get("height")),
        byte_count=_whole(given.get("bytes")) or path.stat().st_size,
        changes=tuple(str(change) for change in _list(given.get("changes"))),
    )


def _outcome(
    history: History, job: Job, entry: Entry, told: Mapping[str, Any], inputs: Mapping[str, int]
) -> Outcome:
    pictures = tuple(_picture(history, entry, _dict(picture)) for picture in _list(told.get("pictures")))
    result, seconds = _result(told, pictures), _seconds(told.get("seconds"))
    return Outcome(
        call=_whole(told.get("call")) or 1,
        seconds=seconds,
        result=result,
        pictures=pictures,
        error=_error(told, result),
        received=receive(job.request, job.model_id, result or ImageResult(), pictures, seconds, inputs),
        attempts=_whole(told.get("attempts")) or 1,
    )


def _picture(history: History, entry: Entry, facts: Mapping[str, Any]) -> SavedPicture:
    name = str(facts.get("name"))
    for known in entry.pictures:
        if known.name == name:
            return known
    return SavedPicture(
        generation=entry.id,
        name=name,
        path=history.folder(entry.id) / name,
        thumbnail=None,
        mime_type=str(facts.get("mime_type") or ""),
        width=_whole(facts.get("width")),
        height=_whole(facts.get("height")),
        byte_count=_whole(facts.get("bytes")),
        sha256=str(facts.get("sha256") or ""),
        thought=facts.get("thought") is True,
    )


def _result(told: Mapping[str, Any], pictures: Sequence[SavedPicture]) -> ImageResult | None:
    """The answer read again from what is kept of it, its pictures put back into their places."""
    answer, text = told.get("answer"), told.get("text")
    if not isinstance(answer, dict):
        return None
    try:
        read = wire.decode(json.dumps(answer.get("chunks", answer)).encode(), "application/json")
    except ProviderError:  # it was shortened until it is no answer any more
        read = ImageResult()
    parts = tuple(part for part in read.parts if part.thought) if isinstance(text, str) else read.parts
    if isinstance(text, str) and text:
        parts = (*parts, TextPart(text))
    final = [picture for picture in pictures if not picture.thought]
    declared = {str(one.get("name")): one.get("declared_mime_type") for one in _dicts(told.get("received"))}
    came = (
        PicturePart(b"", one.mime_type, one.width, one.height, str(declared.get(one.name) or ""))
        for one in final
    )
    return replace(read, parts=(*parts, *came), dropped=max(0, read.dropped - len(final)), raw=answer)


def _error(told: Mapping[str, Any], result: ImageResult | None) -> PlaygroundError | None:
    error = told.get("error")
    if not isinstance(error, dict):
        return None
    code = str(error.get("code") or "unexpected")
    facts: dict[str, Any] = {str(name): str(fact) for name, fact in _dict(error.get("facts")).items()}
    if told.get("no_picture"):
        kept = result or ImageResult()
        again = wire.explain(kept)
        billed = again.billed if again is not None and again.code == code else Billed.MAYBE
        return NoPicture(code, kept, billed=_billed(error, billed), **facts)
    if told.get("said") or "billed" in error:
        return ProviderError(
            code, said=str(told.get("said") or ""), billed=_billed(error, Billed.MAYBE), **facts
        )
    return PlaygroundError(code, **facts)


def _billed(error: Mapping[str, Any], otherwise: Billed) -> Billed:
    told = error.get("billed")
    return Billed(told) if told in tuple(Billed) else otherwise


def _row(catalogue: Catalogue, request: ImageRequest) -> ModelRow:
    if request.provider in catalogue.providers:
        return catalogue.model(request.provider, request.model)
    return catalogue.find(request.model) or catalogue.unknown_model


def _moment(value: object, entry: Entry) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return entry.created


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
