"""Whether a call would be taken: disk, database, store and line, in words that tell strangers no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from playground.errors import PlaygroundError
from playground.jobs.studio import Studio

OK: Final = "ok"
_NO_ANSWER = "does not answer"
REFUSALS: Final = {
    "disk_low": "too little free space",
    "stopping": "the server is stopping and takes nothing new",
    "draining": "the server is draining: it finishes what it has and takes nothing new",
    "full": "as many calls wait as may",
}
WAIT_SECONDS: Final = 3.0
START_SECONDS: Final = 30.0
"""The first look brings in drivers, and waits for them."""
_KNOWN_SECONDS = 1.0


class Readiness:
    """Looks at what calls need. However often it is asked, each part is asked once a second at most.

    A part that hangs is waited for and not asked again beside that: its thread is taken until it answers.
    """

    def __init__(self, studio: Studio) -> None:
        history = studio.history
        self._studio = studio
        self._checks: dict[str, Callable[[], None]] = {
            "disk": history.check_disk,
            "database": history.check_database,
            "store": history.check_store,
        }
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._known_until = 0.0

    async def look(self, seconds: float = WAIT_SECONDS) -> dict[str, str]:
        """What each part is like after so long at most: `OK`, or what is wrong."""
        now = asyncio.get_running_loop().time()
        if now >= self._known_until:
            self._known_until = now + _KNOWN_SECONDS
            for name, check in self._checks.items():
                if name not in self._looking or self._looking[name].done():
                    self._looking[name] = asyncio.create_task(asyncio.to_thread(check))
        await asyncio.wait(self._looking.values(), timeout=seconds)
        found = {name: _words(task) for name, task in self._looking.items()}
        return {**found, "line": REFUSALS.get(self._studio.refusal, OK)}


def _words(looking: asyncio.Task[None]) -> str:
    """Never a driver's own words: they may hold an address and its password."""
    if not looking.done():
        return _NO_ANSWER
    error = looking.exception()
    if error is None:
        return OK
    return REFUSALS.get(error.code, _NO_ANSWER) if isinstance(error, PlaygroundError) else _NO_ANSWER
