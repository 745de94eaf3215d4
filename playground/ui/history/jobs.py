"""Which of an owner's jobs a page shows: the one that is asked for, the newest ones, the latest."""

from __future__ import annotations

import asyncio
import logging

from playground.errors import PlaygroundError
from playground.history import Entry
from playground.jobs.studio import Job, Studio

_log = logging.getLogger(__name__)


async def find(studio: Studio, owner: str, generation: str) -> Job | None:
    """An owner's job: a running one, one of this run that is still known, or one from its record."""
    try:
        return await studio.find(generation, owner=owner)
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
