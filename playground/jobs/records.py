"""A job as a record, and the job that a record tells of: what an earlier run made opens like today's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from playground import images, wire
from playground.catalogue import Catalogue, ModelRow
from playground.errors import Billed, NoPicture, PlaygroundError, ProviderError
from playground.history import History, SavedPicture
from playground.jobs.comparison import figures_of
from playground.jobs.costs import by_tokens, estimate, shares
from playground.jobs.job import Job, Outcome, Served
from playground.record import (
    Record,
    RecordedError,
    RecordedImage,
    RecordedOutcome,
    RecordedPart,
    RecordedPicture,
)
from playground.request import ImageRequest, PreparedImage, ReplyPart
from playground.result import ImageResult, Part, PicturePart, TextPart


def record_of(job: Job) -> Record:
    """What is kept of a job beside its pictures. There is no key in a request, so none can be in here."""
    request = job.request
    return Record(
        id=job.id,
        owner=job.owner,
        mode=job.mode,
        started=job.started,
        seconds=job.seconds,
        stopped=job.stopped,
        interrupted=job.interrupted,
        cost_usd=estimate(job),
        tokens_usd=by_tokens(job),
        shares=shares(job),
        provider=request.provider,
        model=request.model,
        model_id=job.model_id,
        prompt=request.prompt,
        settings=request.settings,
        continues=request.continues,
        collapsed=request.collapsed,
        sent=job.sent,
        inputs=job.inputs,
        outcomes=tuple(map(_recorded_outcome, job.outcomes)),
        listed=job.listed,
        batched=job.batched,
    )


def recorded_inputs(request: ImageRequest) -> tuple[RecordedImage, ...]:
    """The input pictures of a request, before their files are kept."""
    last = len(request.images) if request.collapsed else 0
    return tuple(
        RecordedImage(
            name=f"input-{number}{images.extension(image.mime_type)}",
            mime_type=image.mime_type,
            width=image.width,
            height=image.height,
            bytes=image.byte_count,
            changes=image.changes,
            continued=number == last,
            mask=number == request.mask,
            keeps_outside=number == request.mask and request.keeps_outside,
        )
        for number, image in enumerate(request.images, 1)
    )


def _recorded_outcome(outcome: Outcome) -> RecordedOutcome:
    result, declared = outcome.result, {one.name: one.declared_mime_type for one in outcome.received}
    incomplete = outcome.incomplete
    return RecordedOutcome.lenient(
        call=outcome.call,
        seconds=outcome.seconds,
        attempts=outcome.attempts,
        pictures=tuple(
            _recorded_picture(one, declared.get(one.name, ""), one.name in incomplete)
            for one in outcome.pictures
        ),
        text=result.text if result else "",
        parts=tuple(map(_recorded_part, reply_parts(result, outcome.pictures))) if result else (),
        answer=dict(result.raw) if result else None,
        answer_text=result.raw_text if result else "",
        dropped=result.dropped if result else None,
        oddities=result.oddities if result else (),
        answer_bytes=outcome.answer_bytes,
        error=None if outcome.error is None else _recorded_error(outcome.error),
    )


def _recorded_picture(picture: SavedPicture, declared: str, incomplete: bool) -> RecordedPicture:
    return RecordedPicture(
        name=picture.name,
        sha256=picture.sha256,
        mime_type=picture.mime_type,
        width=picture.width,
        height=picture.height,
        bytes=picture.byte_count,
        thought=picture.thought,
        locked=picture.locked,
        declared_mime_type=declared,
        incomplete=incomplete,
    )


def reply_parts(result: ImageResult, pictures: Sequence[SavedPicture]) -> Iterator[ReplyPart]:
    """The answer's parts without its thoughts, each picture as its file under the type that was declared."""
    saved = (picture for picture in pictures if not (picture.thought or picture.locked))
    for part in result.parts:
        if part.thought:
            continue
        if not isinstance(part, PicturePart):
            yield ReplyPart(text=part.text, signature=part.signature)
        elif picture := next(saved, None):
            mime_type = part.declared_mime_type or part.mime_type
            image = PreparedImage(picture.path, mime_type, picture.width, picture.height, picture.byte_count)
            yield ReplyPart(image=image, signature=part.signature)


def _recorded_part(part: ReplyPart) -> RecordedPart:
    """Signatures whole, pictures by the names of their files."""
    if part.image is None:
        return RecordedPart(text=part.text, signature=part.signature)
    return RecordedPart(
        picture=part.image.path.name, mime_type=part.image.mime_type, signature=part.signature
    )


def _recorded_error(error: PlaygroundError) -> RecordedError:
    kind: Any = "provider" if isinstance(error, ProviderError) else ""
    return RecordedError.lenient(
        code=error.code,
        kind="no_picture" if isinstance(error, NoPicture) else kind,
        facts=dict(error.facts),
        said=error.said if isinstance(error, ProviderError) else "",
        raw=error.raw if isinstance(error, ProviderError) else "",
        billed=error.billed if isinstance(error, ProviderError | NoPicture) else None,
    )


def job_of(record: Record, owner: str, catalogue: Catalogue, history: History) -> Job:
    """The ended job that a record tells of, with the input pictures that are still there.

    Nothing is checked again: a record may hold what today's catalogue would refuse, and is shown all the
    same. Looks for files: call it in a thread.
    """
    inputs = tuple(_image(record.id, owner, given, history) for given in record.inputs)
    request = _request(record, inputs)
    provider = catalogue.providers.get(request.provider)
    job = Job(
        id=record.id,
        owner=owner,
        mode=record.mode,
        request=request,
        model=_row(catalogue, request).at(record.batched),
        sent=record.sent,
        model_id=record.model_id or record.model,
        alternatives=alternatives(catalogue, request.provider),
        started=record.started,
        started_clock=0.0,
        inputs=record.inputs,
        lacks_inputs=None in inputs,
        stopped=record.stopped,
        interrupted=record.interrupted,
        free=bool(provider and provider.free),
        listed=record.listed,
        batched=record.batched,
        compared=compared(catalogue, request),
        seconds=record.seconds or 0.0,
    )
    digests = {given.sha256: number for number, given in enumerate(record.inputs, 1) if given.sha256}
    job.outcomes = [_outcome(job, outcome, digests, history) for outcome in record.outcomes]
    return job


def interrupted(record: Record, job: Job) -> Record:
    """The record of a job that was cut off, see `History.take_over`, as it is to be saved."""
    costs = {"cost_usd": estimate(job), "tokens_usd": by_tokens(job), "shares": shares(job)}
    return record.model_copy(update={"seconds": job.seconds, **costs})


def _request(record: Record, inputs: Sequence[PreparedImage | None]) -> ImageRequest:
    is_whole = any(one.continued for one in record.inputs)  # else nobody may believe that it went along
    there = [(one, image) for one, image in zip(record.inputs, inputs, strict=True) if image is not None]
    masks = [number for number, (one, _) in enumerate(there, 1) if one.mask]
    return ImageRequest.model_construct(
        prompt=record.prompt,
        provider=record.provider,
        model=record.model,
        **_setting_values(record.settings),
        images=tuple(image for _, image in there),
        mask=masks[0] if masks else 0,
        keeps_outside=any(one.keeps_outside for one in record.inputs),
        turns=(),
        continues=record.continues,
        collapsed=record.collapsed if is_whole else "",
    )


def _setting_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in the types of the fields of `ImageRequest`."""
    checked = ImageRequest.model_validate({"model": "any", **settings})
    return {name: getattr(checked, name) for name in settings}


def _image(generation: str, owner: str, given: RecordedImage, history: History) -> PreparedImage | None:
    path = history.find_file(owner, generation, given.name)
    if path is None:
        return None
    size = given.bytes or path.stat().st_size
    return PreparedImage(path, given.mime_type, given.width, given.height, size, given.changes)


def _outcome(job: Job, recorded: RecordedOutcome, inputs: Mapping[str, int], history: History) -> Outcome:
    pictures = tuple(history.saved(job.id, picture) for picture in recorded.pictures)
    result = _result(recorded)
    return Outcome(
        call=recorded.call,
        seconds=recorded.seconds,
        result=result,
        pictures=pictures,
        error=None if recorded.error is None else _error(recorded.error, result),
        received=figures_of(
            job.request.call(recorded.call),
            job.served(recorded.call).model_id,
            result or ImageResult(),
            pictures,
            recorded.seconds,
            inputs,
            job.served(recorded.call).model.aspect_ratios,
        ),
        attempts=recorded.attempts,
        answer_bytes=recorded.answer_bytes
        if recorded.answer_bytes and history.has_answer(job.id, recorded.call)
        else 0,
    )


def _result(recorded: RecordedOutcome) -> ImageResult | None:
    """The answer read again from what is kept of it, its words and pictures put back into their places."""
    if recorded.answer is None:
        return None
    try:
        body = json.dumps(recorded.answer.get("chunks", recorded.answer)).encode()
        read = wire.decode(body, "application/json")
    except ProviderError:  # it was shortened until it is no answer any more
        read = ImageResult()
    final = {one.name: one for one in recorded.pictures if not (one.thought or one.locked)}
    # Releases before conversations kept no parts.
    parts = recorded.parts or (
        *((RecordedPart(text=recorded.text),) if recorded.text else ()),
        *(RecordedPart(picture=name) for name in final),
    )
    came = [part for one in parts if (part := _part(one, final)) is not None]
    thoughts = [part for part in read.parts if part.thought]
    dropped = max(0, read.dropped - len(final)) if recorded.dropped is None else recorded.dropped
    return replace(
        read,
        parts=(*thoughts, *came),
        dropped=dropped,
        oddities=recorded.oddities,
        raw=recorded.answer,
        raw_text=recorded.answer_text,
    )


def _part(part: RecordedPart, pictures: Mapping[str, RecordedPicture]) -> Part | None:
    if part.picture is None:
        return TextPart(part.text, signature=part.signature)
    if (known := pictures.get(part.picture)) is None:
        return None
    facts = (known.mime_type, known.width, known.height, known.declared_mime_type)
    return PicturePart(
        b"", *facts, signature=part.signature, incomplete=known.incomplete, file_bytes=known.bytes or 0
    )


def _error(recorded: RecordedError, result: ImageResult | None) -> PlaygroundError:
    error = _bare_error(recorded, result)
    error.facts = MappingProxyType(recorded.facts)
    return error


def _bare_error(recorded: RecordedError, result: ImageResult | None) -> PlaygroundError:
    """The error without its facts, whose names may be anything in a record that somebody brought."""
    if recorded.kind == "no_picture":
        kept = result or ImageResult()
        again = wire.why_no_picture(kept)
        billed = again.billed if again is not None and again.code == recorded.code else Billed.MAYBE
        return NoPicture(recorded.code, kept, billed=recorded.billed or billed)
    if recorded.kind == "provider":
        return ProviderError(
            recorded.code, said=recorded.said, billed=recorded.billed or Billed.MAYBE, raw=recorded.raw
        )
    return PlaygroundError(recorded.code)


def compared(catalogue: Catalogue, request: ImageRequest) -> tuple[Served, ...]:
    """Who serves each call of a request that compares; nothing for one that does not."""
    return tuple(served(catalogue, call) for call in request.calls) if request.versus else ()


def served(catalogue: Catalogue, request: ImageRequest) -> Served:
    """Who serves a call today."""
    row, provider = _row(catalogue, request), catalogue.providers.get(request.provider)
    free, name = bool(provider and provider.free), provider.name if provider else request.provider
    return Served(row, row.id_for(request.model, request.image_size), free, name)


def alternatives(catalogue: Catalogue, provider: str) -> tuple[tuple[str, ModelRow], ...]:
    """(model id, row) of everything that a provider offers today."""
    row = catalogue.providers.get(provider)
    models = row.models.items() if row else ()
    return tuple((model, row) for model, row in models if row.retirement is None)


def _row(catalogue: Catalogue, request: ImageRequest) -> ModelRow:
    if request.provider in catalogue.providers:
        return catalogue.model(request.provider, request.model)
    return catalogue.find(request.model) or catalogue.unknown_model
