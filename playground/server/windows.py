"""What has been spent in a moving window: counted in the Redis that all processes share, or in memory.

The `limits` library counts; it knows no PostgreSQL. While the Redis is away, each process counts on its own:
nobody is locked out by that, and nobody may spend without end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from playground.errors import ConfigurationError

if TYPE_CHECKING:
    from redis.asyncio import ConnectionPool

AWAY_SECONDS: Final = 5.0
"""For how long a Redis that did not answer is not asked again."""
_PATIENCE_SECONDS = 2.0
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Windows:
    """Counts. Lives on one event loop.

    Attributes:
        pool: the connections to the Redis; None where there is none.
    """

    def __init__(self, url: str | None = None) -> None:
        """`url` is the Redis's. Raises ConfigurationError where its library is missing."""
        self.pool = _pool(url) if url else None
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = _limiter(self.pool) if self.pool else None
        self._asked_again = 0.0

    async def hit(self, item: RateLimitItem, *keys: str, cost: int) -> bool:
        """Counts `cost` where there is room for it; says whether there was."""
        return await self._counted(lambda limiter: limiter.hit(item, *keys, cost=cost))

    async def has_room(self, item: RateLimitItem, *keys: str, cost: int) -> bool:
        """Whether so much could be counted."""
        return await self._counted(lambda limiter: limiter.test(item, *keys, cost=cost))

    async def free_at(self, item: RateLimitItem, *keys: str) -> float:
        """When something is free again, in seconds since 1970."""
        return (await self._counted(lambda limiter: limiter.get_window_stats(item, *keys))).reset_time

    async def aclose(self) -> None:
        """Closes the connections."""
        if self.pool is not None:
            await self.pool.aclose()

    async def _counted(self, ask: Callable[[MovingWindowRateLimiter], Awaitable[T]]) -> T:
        if self._shared is not None and time.monotonic() >= self._asked_again:
            try:
                return await ask(self._shared)
            except StorageError as error:
                self._asked_again = time.monotonic() + AWAY_SECONDS
                _log.error("PLAYGROUND_LIMITS_URL: no answer (%s); each process counts alone", _name(error))
        return await ask(self._own)


def _limiter(pool: ConnectionPool) -> MovingWindowRateLimiter:
    options: Any = {"connection_pool": pool}  # of a narrower type than it takes
    storage = RedisStorage("async+redis://", wrap_exceptions=True, implementation="redispy", **options)
    return MovingWindowRateLimiter(storage)


def _pool(url: str) -> ConnectionPool:
    try:
        from redis.asyncio import ConnectionPool
    except ImportError:
        raise ConfigurationError(
            "PLAYGROUND_LIMITS_URL: the driver is missing; install it with pip install redis"
        ) from None
    patience = {"socket_timeout": _PATIENCE_SECONDS, "socket_connect_timeout": _PATIENCE_SECONDS}
    return ConnectionPool.from_url(url, **patience)


def _name(error: StorageError) -> str:
    """Never a driver's words: they may hold the address."""
    return type(error.storage_error).__name__
