"""What is held at once of each share: in this process, and in those that share its Redis.

Each process writes once a second what it holds, and reads what the others do. So a share is exceeded by what
two of them give out within the same second, and by no more. What a process held that has said nothing for a
while is free again: it has ended. While the Redis is away, each counts on its own.

What all together may hold is memory, sockets and places in the line of one process, and each process's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from redis.asyncio import ConnectionPool

IN_ALL: Final = "all"
"""Whose the share of all together is."""
STEP_SECONDS: Final = 1.0
LOST_SECONDS: Final = 15.0
_KEY: Final = "playground:held"


class Held:
    """Counts by budget and whose share it is. Lives on one event loop."""

    def __init__(self, pool: ConnectionPool | None = None) -> None:
        """`pool` leads to the Redis; without it, there is this process alone."""
        self._pool = pool
        self._process = secrets.token_hex(8).encode()
        self._steps = 0
        self._here: Counter[tuple[str, str]] = Counter()
        self._elsewhere: Counter[tuple[str, str]] = Counter()
        self._heard: dict[bytes, tuple[bytes, float]] = {}  # process -> what it says, and since when

    def of(self, name: str, whose: str) -> int:
        """How much is held."""
        return self._here[name, whose] + self._elsewhere[name, whose]

    def add(self, name: str, whose: str, amount: int) -> None:
        """Holds so much more; less than nothing gives back."""
        self._here[name, whose] += amount
        if not self._here[name, whose]:
            del self._here[name, whose]

    async def keep_in_step(self, stopping: asyncio.Event) -> None:
        """Tells and hears until a stop."""
        if self._pool is None:
            return
        from redis.asyncio import Redis
        from redis.exceptions import RedisError

        redis: Any = Redis(connection_pool=self._pool)
        while not stopping.is_set():
            try:
                await self.step(redis)
            except RedisError:  # `Windows` says so
                self._elsewhere.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), STEP_SECONDS)
        with contextlib.suppress(RedisError):
            await redis.execute_command("HDEL", _KEY, self._process)

    async def step(self, redis: Any) -> None:
        """Tells and hears once. Raises RedisError while the Redis is away."""
        self._steps += 1  # what changes lives
        own = [(*share, count) for share, count in self._here.items() if share[1] != IN_ALL]
        await redis.execute_command("HSET", _KEY, self._process, json.dumps([self._steps, own]))
        told: dict[bytes, bytes] = await redis.execute_command("HGETALL", _KEY)
        now, before = time.monotonic(), self._heard
        self._heard = {
            process: before[process] if before.get(process, (b"",))[0] == said else (said, now)
            for process, said in told.items()
            if process != self._process
        }
        for process in [one for one, (_, since) in self._heard.items() if now - since > LOST_SECONDS]:
            del self._heard[process]
            await redis.execute_command("HDEL", _KEY, process)
        self._elsewhere = Counter()
        for said, _ in self._heard.values():
            self._elsewhere.update(_counted(said))


def _counted(said: bytes) -> Counter[tuple[str, str]]:
    """What another process holds; nothing of one whose release says it otherwise."""
    try:
        return Counter({(name, whose): int(count) for name, whose, count in json.loads(said)[1]})
    except (ValueError, TypeError, LookupError):
        return Counter()
