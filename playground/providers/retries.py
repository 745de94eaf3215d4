"""When a failed call is sent again without asking: only where nothing can have been billed.

| what failed | tried again | wait |
|---|---|---|
| connecting: refused, no such name, TLS, 15 seconds of silence | twice | 0.5 s, 1 s |
| 429, 503, the model's own 500, in JSON and not billed | three times | as asked for, else 2, 4, 8 s |
| the same, but it asks for more than a minute | never | |
| quota of the day, no free tier, no credit, no such model, a bad key | never | |
| silence after sending, an answer that broke off, 502, 504, 52x, a web page | never: it may be billed | |
| a 500 that may have another cause than the model | never: it may be billed | |

Up to one second of chance is added to each wait, so that calls refused together do not come back together.
All tries of a call share one deadline. Nothing here knows HTTP.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from playground.errors import Billed, CannotConnect, ProviderError, ProviderRefused
from playground.providers.progress import OnProgress, Phase, Progress

T = TypeVar("T")
CONNECT_REPEATS: Final = 2
REFUSAL_REPEATS: Final = 3
MAX_WAIT_SECONDS: Final = 60.0
"""A longer wait is the person's decision: the card says how long the provider asks for."""

_CONNECT_WAIT_SECONDS: Final = 0.5
_REFUSAL_WAIT_SECONDS: Final = 2.0
_STATUSES: Final = frozenset({429, 500, 503})
_PASSING: Final = frozenset({"rate_limited", "overloaded", "provider_trouble"})


@dataclass(frozen=True)
class Pace:
    """How time passes for whoever waits; tests bring their own.

    Attributes:
        clock: seconds, monotonic.
        sleep: waits that many seconds; cancelled like `asyncio.sleep`.
        chance: a number from 0 to 1, different each time.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random


async def with_retries(
    attempt_once: Callable[[int, float], Awaitable[T]],
    seconds: float,
    pace: Pace,
    on_progress: OnProgress,
) -> tuple[T, int]:
    """The result of the first try that succeeds, and its number.

    Args:
        attempt_once: makes one try; gets its number, from 1, and the seconds that are left for it.
        seconds: for all tries and the waits between them.

    Raises:
        ProviderError: of the last try; it says how many there were. Other errors end it at once.
    """
    deadline = pace.clock() + seconds
    attempt = 1
    while True:
        try:
            return await attempt_once(attempt, deadline - pace.clock()), attempt
        except ProviderError as error:
            error.attempts = attempt
            now = pace.clock()
            wait = wait_before_next(error, attempt, deadline - now, pace.chance())
            if wait is None:
                raise
        attempt += 1
        on_progress(Progress(Phase.RETRYING, attempt=attempt, retry_at=now + wait))
        await pace.sleep(wait)


def wait_before_next(
    error: ProviderError, attempt: int, seconds_left: float, chance: float = 0.0
) -> float | None:
    """Seconds to wait before the same call is sent again, or None when it is not.

    Args:
        error: why the last try failed.
        attempt: number of that try, from 1.
        seconds_left: until the deadline of the whole call.
        chance: from 0 to 1, spreads calls that failed together.
    """
    wait = _asked_wait(error, attempt)
    if wait is None or wait > MAX_WAIT_SECONDS:
        return None
    wait += chance
    return wait if wait < seconds_left else None


def _asked_wait(error: ProviderError, attempt: int) -> float | None:
    if isinstance(error, CannotConnect):
        if attempt > CONNECT_REPEATS or is_this_machine(error.facts.get("host", "")):
            return None
        return _CONNECT_WAIT_SECONDS * 2.0 ** (attempt - 1)
    if attempt > REFUSAL_REPEATS or not _is_passing(error):
        return None
    return (
        error.retry_after if error.retry_after is not None else _REFUSAL_WAIT_SECONDS * 2.0 ** (attempt - 1)
    )


def _is_passing(error: ProviderError) -> bool:
    """Whether it is a refusal that passes by itself and that certainly cost nothing."""
    return (
        isinstance(error, ProviderRefused)
        and error.http_status in _STATUSES
        and error.code in _PASSING
        and error.billed is Billed.NO
        and error.in_json
    )


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine: where nothing listens here, nothing will half a second later."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
