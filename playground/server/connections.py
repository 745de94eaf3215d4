"""Connections that nobody asks anything over are closed: each costs a descriptor, of which there are few."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from playground.server.budgets import HEADER_SECONDS


class TimedProtocol(H11Protocol):
    """uvicorn's HTTP with a clock for the first line and the headers of each request.

    uvicorn itself closes a connection that is idle after an answer, but waits without end for the first
    request, and for the rest of one that has begun.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Starts the clock."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Stops the clock where the data made a request whole up to its body; bits of one do not."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if not self._lacks_headers():
            self._stop()
        elif self._late is None:
            self._late = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _lacks_headers(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self._lacks_headers():
            self.transport.close()
