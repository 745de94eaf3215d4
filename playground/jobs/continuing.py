"""Finds the conversation that a picture belongs to, and makes the next request of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playground.catalogue import Catalogue
from playground.errors import InvalidRequest
from playground.history import History
from playground.jobs import conversation
from playground.jobs.inputs import Inputs
from playground.jobs.job import Job
from playground.request import ImageRequest, Turn


class Continuing:
    """Goes on from results: of this run of the app from memory, of all others from the history."""

    def __init__(
        self, catalogue: Catalogue, history: History, inputs: Inputs, job: Callable[[str, str], Job | None]
    ) -> None:
        """`job` finds a remembered job by its id and its owner."""
        self._catalogue = catalogue
        self._history = history
        self._inputs = inputs
        self._job = job

    async def next_turn(
        self, request: ImageRequest, *, owner: str, generation: str, picture: str
    ) -> ImageRequest:
        """As `Studio.continue_from`, which is its door."""
        turns, path = self._turns(owner, generation, picture)
        if path is None:
            turns, path = await asyncio.to_thread(self._recorded_turns, owner, generation, picture)
        if path is None:
            raise InvalidRequest("continued_gone", field="images")
        continues = f"{generation}/{picture}"
        provider = self._catalogue.provider(request.provider)
        model = self._catalogue.model(request.provider, request.model)
        why = await asyncio.to_thread(conversation.obstacle, request, turns, path, provider, model)
        if not why:
            return conversation.replayed(request, turns, continues)
        return await self._collapsed(request, path, why, continues)

    def _turns(self, owner: str, generation: str, picture: str) -> tuple[tuple[Turn, ...], Path | None]:
        """The conversation up to a picture of a remembered job, and the picture; None for no such."""
        job = self._job(generation, owner)
        found = next((one for one in job.pictures if one.name == picture), None) if job else None
        if job is None or found is None:
            return (), None
        outcome = job.outcome_of(found)
        if outcome.result is None:
            return (), found.path
        return conversation.turns_after(job.request, outcome.result, outcome.pictures), found.path

    def _recorded_turns(
        self, owner: str, generation: str, picture: str
    ) -> tuple[tuple[Turn, ...], Path | None]:
        """The same from the history: of a former run of the app, or long ago."""

        def file(place: str, name: str) -> Path | None:
            return self._history.find_file(owner, place, name)

        def told(place: str) -> Mapping[str, Any] | None:
            return self._history.record(owner, place)

        path = file(generation, picture) if told(generation) else None
        return conversation.recorded_turns(generation, picture, told, file), path

    async def _collapsed(
        self, request: ImageRequest, picture: Path, why: str, continues: str = ""
    ) -> ImageRequest:
        row = self._catalogue.provider(request.provider)
        (prepared,) = await self._inputs.prepare([picture], row)
        alone = conversation.collapsed(request, prepared, why, continues)
        self._inputs.require_fit(alone.images, row)
        return alone

    async def alone(self, request: ImageRequest) -> ImageRequest:
        """A request whose earlier turns the provider does not take, as one turn.

        Raises:
            InvalidRequest, UnusablePicture: as `next_turn`.
        """
        picture = conversation.last_picture(request)
        if picture is None:
            raise InvalidRequest("continued_gone", field="images")
        return await self._collapsed(request, picture, "missing_signature")
