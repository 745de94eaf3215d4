"""Going on from a result: the earlier turns are sent back word for word, or the picture alone is.

Models that sign their pictures want every signature back with exactly the bytes it was made for. Where that
cannot be had, the conversation collapses into one turn: the picture and the new instruction, nothing else.

| collapsed because | |
|---|---|
| "unsigned" | a picture of the model's has no signature: old models, gateways, old records |
| "model_changed" | a signature means nothing to another model or at another provider |
| "other_picture" | the person goes on from a draft, and the model would go on from its last picture |
| "file_gone" | a file of an earlier turn is no longer there, or no longer the same |
| "too_many_images" | more pictures in all than the model takes |
| "too_large" | more bytes than the provider takes, in one picture or in all |
| "missing_signature" | the provider said so; nothing was billed for that |
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playground.catalogue import Catalogue, ModelRow, ProviderRow
from playground.errors import InvalidRequest
from playground.history import History, SavedPicture
from playground.jobs.inputs import Inputs, encoded_bytes
from playground.jobs.job import Job
from playground.jobs.records import reply_parts
from playground.jobs.registry import JobRegistry
from playground.record import CollapseReason
from playground.request import ImageRequest, PreparedImage, Turn
from playground.result import ImageResult

_AROUND_BYTES: Final = 100_000
"""Room for everything in a body that is no picture and no prompt."""

_MAX_TURNS: Final = 50


class Conversations:
    """Goes on from results, of this run of the app and of every earlier one."""

    def __init__(self, catalogue: Catalogue, history: History, jobs: JobRegistry, inputs: Inputs) -> None:
        self._catalogue = catalogue
        self._history = history
        self._jobs = jobs
        self._inputs = inputs

    async def next_turn(
        self, request: ImageRequest, *, owner: str, generation: str, picture: str
    ) -> ImageRequest:
        """See `Studio.continue_from`."""
        path, turns, why = await self._before(request, owner, generation, picture)
        continues = f"{generation}/{picture}"
        if not why:
            return replayed(request, turns, continues)
        return await self._collapsed(request, path, why, continues)

    async def turns_along(
        self, request: ImageRequest, *, owner: str, generation: str, picture: str
    ) -> tuple[Turn, ...]:
        """See `Studio.turns_along`."""
        _, turns, why = await self._before(request, owner, generation, picture)
        return () if why else turns

    async def turns_before(self, generation: str, picture: str, *, owner: str) -> tuple[Turn, ...]:
        """See `Studio.turns_before`."""
        job = await self._jobs.find(generation, owner)
        turns = () if job is None else await self._turns(job, picture)
        last = last_picture(turns)
        if last is None or last.name != picture:
            return ()
        sent = [image for turn in turns for image in turn.pictures]
        return turns if await asyncio.to_thread(lambda: all(map(_is_there, sent))) else ()

    async def _before(
        self, request: ImageRequest, owner: str, generation: str, picture: str
    ) -> tuple[Path, tuple[Turn, ...], CollapseReason | None]:
        """The file of a picture, the turns up to and with it, and why they cannot go along, or None."""
        job = await self._jobs.find(generation, owner)
        path = await asyncio.to_thread(self._history.find_file, owner, generation, picture)
        if job is None or path is None or job.picture(picture) is None:
            raise InvalidRequest("continued_gone", field="images")
        turns = await self._turns(job, picture)
        provider = self._catalogue.provider(request.provider)
        model = self._catalogue.model(request.provider, request.model)
        return path, turns, await asyncio.to_thread(obstacle, request, turns, path, provider, model)

    async def as_one_turn(self, request: ImageRequest) -> ImageRequest:
        """A request whose earlier turns the provider does not take, without them.

        Raises:
            InvalidRequest, UnusablePicture: as `next_turn`.
        """
        picture = last_picture(request.turns)
        if picture is None:
            raise InvalidRequest("continued_gone", field="images")
        return await self._collapsed(request, picture, "missing_signature", request.continues)

    async def _turns(self, job: Job, picture: str) -> tuple[Turn, ...]:
        """The conversation up to and with a picture; empty where not all of it is known."""
        turns: list[Turn] = []
        while len(turns) < _MAX_TURNS:
            found = job.picture(picture)
            outcome = None if found is None or job.lacks_inputs else job.outcome_of(found)
            if outcome is None or outcome.result is None:
                return ()
            for one in outcome.pictures:  # an object store may have the only copy
                await asyncio.to_thread(self._history.find_file, job.owner, job.id, one.name)
            turns[:0] = turns_after(job.request.call(outcome.call), outcome.result, outcome.pictures)
            if job.request.turns or job.request.collapsed or not job.request.continues:
                return tuple(turns)
            generation, _, picture = job.request.continues.partition("/")
            before = await self._jobs.find(generation, job.owner)
            if before is None:
                return ()
            job = before
        return ()

    async def _collapsed(
        self, request: ImageRequest, picture: Path, why: CollapseReason, continues: str
    ) -> ImageRequest:
        row = self._catalogue.strictest(call.provider for call in request.calls)
        (prepared,) = await self._inputs.prepare([picture], row)
        alone = collapsed(request, prepared, why, continues)
        self._inputs.require_fit(alone.images, row)
        return alone


def turns_after(
    request: ImageRequest, result: ImageResult, pictures: Sequence[SavedPicture]
) -> tuple[Turn, ...]:
    """The whole conversation up to and with an answer, whose pictures are on disk as `pictures`."""
    turn = Turn(
        request.prompt, request.images, tuple(reply_parts(result, pictures)), request.provider, request.model
    )
    return (*request.turns, turn)


def obstacle(
    request: ImageRequest, turns: Sequence[Turn], picture: Path, provider: ProviderRow, model: ModelRow
) -> CollapseReason | None:
    """Why `turns` cannot go along with a request that goes on from `picture`; None when they can.

    Looks at the files: call it in a thread.
    """
    replies = [part for turn in turns for part in turn.reply]
    sent = [image for turn in turns for image in turn.pictures]
    everything = [*sent, *request.images]
    made_by = {(turn.provider, turn.model) for turn in turns}
    if turns and made_by != {(call.provider, call.model) for call in request.calls}:
        return "model_changed"
    if not turns or any(part.image is not None and not part.signature for part in replies):
        return "unsigned"
    if last_picture(turns) != picture:
        return "other_picture"
    if not all(map(_is_there, sent)):
        return "file_gone"
    if len(everything) > model.max_images:
        return "too_many_images"
    words = sum(len(turn.prompt.encode()) for turn in turns) + len(request.prompt.encode())
    words += sum(len(part.text.encode()) + len(part.signature or "") for part in replies)
    size = encoded_bytes(everything) + words + _AROUND_BYTES
    is_large = any(image.byte_count > provider.max_image_bytes for image in sent)
    return "too_large" if is_large or size > provider.max_request_bytes else None


def replayed(request: ImageRequest, turns: tuple[Turn, ...], continues: str) -> ImageRequest:
    """The request with its earlier turns."""
    return request.model_copy(update={"turns": turns, "continues": continues, "collapsed": ""})


def collapsed(
    request: ImageRequest, picture: PreparedImage, reason: CollapseReason, continues: str
) -> ImageRequest:
    """The request as one turn.

    The picture stands last: without a chosen aspect ratio the answer follows the last one, and the numbers
    of the person's own pictures stay what they are.
    """
    return request.model_copy(
        update={
            "images": (*request.images, picture),
            "turns": (),
            "continues": continues,
            "collapsed": reason,
        }
    )


def last_picture(turns: Sequence[Turn]) -> Path | None:
    """The picture that a conversation goes on from."""
    replied = [part.image.path for turn in turns for part in turn.reply if part.image is not None]
    return replied[-1] if replied else None


def _is_there(image: PreparedImage) -> bool:
    try:
        return image.path.stat().st_size == image.byte_count
    except OSError:
        return False
