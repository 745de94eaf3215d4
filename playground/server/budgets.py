"""Everything a stranger can spend here, in one table, and what keeps to it. `python -m` prints the table.

A budget has up to three shares: of one visitor, of one network address, of all together. Whoever throws the
cookie away is a new visitor and still has the address. Alone on their own machine, nobody is counted.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from limits import RateLimitItem, RateLimitItemPerSecond

from playground.errors import NotStarted
from playground.history import Cap
from playground.history.importing import MAX_SECONDS as MAX_IMPORT_SECONDS
from playground.server.held import IN_ALL, Held
from playground.server.windows import Windows

MEGABYTE: Final = 1_000_000
DAY_SECONDS: Final = 86_400
UPLOADS_KEPT_SECONDS: Final = 172_800
"""How long an uploaded picture is kept for the page that sent it."""
JSON_BYTES: Final = 2_000_000
UPLOAD_BYTES: Final = 565_000_000  # fourteen pictures of the largest size, in one form
MCP_BYTES: Final = 64_000_000
REQUEST_BYTES: Final = 100_000
"""What a request may have for one request's price."""
IMPORT_BYTES: Final = 8_000_000_000
HEADER_BYTES: Final = 32_768
HEADER_SECONDS: Final = 20
"""How long the first line and the headers of a request may take."""
BODY_SECONDS: Final = 60
"""How long a body may take, beside what its length allows; and how long nothing at all may come."""
SLOWEST_BYTES: Final = 50_000
"""Bytes a second that a long body has to come with, on the whole."""
RETRY_SECONDS: Final = 5
"""When to ask again for what is only held and not used up."""


class Spender(NamedTuple):
    """Who spends: a visitor, or a program by its address; and the network that it comes from."""

    visitor: str
    network: str


class Shares(NamedTuple):
    """The most for one visitor, for one network address, and in all; None for no limit."""

    visitor: int | None
    network: int | None
    in_all: int | None


@dataclass(frozen=True)
class Budget:
    """One row.

    Attributes:
        what: what is counted, as it is said to whoever has run out of it.
        shared: the shares where strangers come by.
        seconds: what has been spent is free again after so long; 0: it is held, and free once given back.
        unit: size of one, in bytes, where bytes are counted.
        everywhere: it holds where no strangers come by, too.
    """

    what: str
    shared: Shares
    seconds: int = 0
    unit: int = 1
    everywhere: bool = False


BUDGETS: Final = {
    "calls": Budget("pictures asked for", Shares(60, 120, 1200), 60),
    "requests": Budget(
        "requests that do something; a long one counts once more for each 100 kB",
        Shares(600, 2400, 12_000),
        60,
    ),
    "uploads": Budget("MB of pictures uploaded", Shares(600, 1200, 3000), 60, MEGABYTE),
    "kept": Budget(
        "MB of uploaded pictures and of programs' reports, which are kept for 48 hours",
        Shares(1000, 2000, 10_000),
        UPLOADS_KEPT_SECONDS,
        MEGABYTE,
    ),
    "batches": Budget(
        "MB of batches, their pictures too, which are kept for weeks",
        Shares(1000, 2000, 10_000),
        DAY_SECONDS,
        MEGABYTE,
    ),
    "exports": Budget("reports, grids, ZIPs and copies with a recipe on their way out", Shares(4, 32, 64)),
    "imports": Budget("ZIPs imported and conversations pasted", Shares(6, 12, 60), 60),
    "importing": Budget("ZIPs on their way in", Shares(1, 2, 8)),
    "bodies": Budget("bytes of requests in memory", Shares(130_000_000, 130_000_000, 400_000_000)),
    "open": Budget("requests open at once, those of open pages too", Shares(100, 300, 2000)),
    "places": Budget("pictures being made or waiting", Shares(None, 150, None)),
    "passwords": Budget("wrong passwords", Shares(None, 10, None), 60, everywhere=True),
    "guesses": Budget(
        "wrong passwords from addresses that have not sent the right one",
        Shares(None, None, 300),
        60,
        everywhere=True,
    ),
}

SIZES: Final = {
    "headers of a request, bytes": HEADER_BYTES,
    "an event or a call, bytes": JSON_BYTES,
    "an upload, bytes": UPLOAD_BYTES,
    "a request to the MCP server, bytes": MCP_BYTES,
    "a ZIP to import, bytes": IMPORT_BYTES,
    "an import where strangers come by, seconds of work": MAX_IMPORT_SECONDS,
    "first line and headers, seconds": HEADER_SECONDS,
    "a body, seconds, and one more for each 50 kB": BODY_SECONDS,
}
"""What holds for every request, local and shared alike."""


def money(daily_dollars: float | None) -> tuple[Cap, ...]:
    """The most that the operator's key may spend in a day: a tenth for a visitor, a quarter for an address.

    Counted in the database (`playground.history.ledger`), since a restart forgets what is counted here.
    """
    if daily_dollars is None:
        return ()
    return (
        Cap("owner", daily_dollars / 10),
        Cap("network", daily_dollars / 4),
        Cap("all", daily_dollars),
    )


class Budgets:
    """What has been spent of the table. Lives on one event loop.

    Processes that share a Redis count together, see `windows` and `held`.
    """

    def __init__(self, *, is_shared: bool, limits_url: str | None = None) -> None:
        """Counts nobody unless strangers come by.

        Args:
            limits_url: address of the Redis that counts.

        Raises:
            ConfigurationError: the library for it is missing.
        """
        self.refused: Counter[str] = Counter()  # name of a budget -> how often it was used up
        self._is_shared = is_shared
        self._windows = Windows(limits_url)
        self._held = Held(self._windows.pool)

    async def spend(self, name: str, who: Spender, amount: int = 1) -> None:
        """Counts `amount` of the budget. Raises NotStarted "too_fast" and counts nothing when it is too much.

        `amount` is in bytes where the budget counts bytes. Nothing has room always. Where another process was
        quicker by a moment, the visitor's share may be counted and only the next one be refused.
        """
        await self.require(name, who, amount)
        for item, of, cost in self._asked(name, who, amount):
            if not await self._windows.hit(item, name, of, cost=cost):
                raise await self._used_up(item, name, of)

    async def require(self, name: str, who: Spender, amount: int = 1) -> None:
        """Raises as `spend` and counts nothing."""
        for item, of, cost in self._asked(name, who, amount):
            if not await self._windows.has_room(item, name, of, cost=cost):
                raise await self._used_up(item, name, of)

    def _asked(self, name: str, who: Spender, amount: int) -> Iterator[tuple[RateLimitItem, str, int]]:
        """Each share of the budget that is asked: its limit, whose it is, and what it costs there."""
        budget = BUDGETS[name]
        cost = math.ceil(amount / budget.unit)
        for of, most in self._shares(name, who) if cost else ():
            yield RateLimitItemPerSecond(most, budget.seconds), of, cost

    async def keep_in_step(self, stopping: asyncio.Event) -> None:
        """Counts what other processes hold as well, until a stop; see `held`."""
        await self._held.keep_in_step(stopping)

    async def aclose(self) -> None:
        """Closes the connections to the Redis."""
        await self._windows.aclose()

    @contextmanager
    def holding(self, name: str, who: Spender, amount: int = 1) -> Iterator[None]:
        """Counts `amount` until the block ends. Raises NotStarted "too_many_at_once" when it is too much."""
        shares = self._shares(name, who)
        for of, most in shares:
            if self._held.of(name, of) + amount > most:
                raise self._refused("too_many_at_once", most, name, RETRY_SECONDS)
        for of, _ in shares:
            self._held.add(name, of, amount)
        try:
            yield
        finally:
            for of, _ in shares:
                self._held.add(name, of, -amount)

    def hold(self, name: str, who: Spender, amount: int = 1) -> ExitStack:
        """The same until the returned stack is closed."""
        stack = ExitStack()
        stack.enter_context(self.holding(name, who, amount))
        return stack

    async def _used_up(self, item: RateLimitItem, name: str, of: str) -> NotStarted:
        free_at = await self._windows.free_at(item, name, of)
        seconds = max(math.ceil(free_at - time.time()), 1)
        return self._refused("too_fast", item.amount, name, seconds)

    def _refused(self, code: str, most: int, name: str, seconds: int) -> NotStarted:
        self.refused[name] += 1
        return NotStarted(code, limit=most, budget=name, seconds=seconds)

    def _shares(self, name: str, who: Spender) -> list[tuple[str, int]]:
        """Whose shares are counted, and how large they are."""
        owners = (f"visitor {who.visitor}", f"network {who.network}", IN_ALL)
        counts = self._is_shared or BUDGETS[name].everywhere
        shares = BUDGETS[name].shared if counts else Shares(None, None, None)
        return [(of, most) for of, most in zip(owners, shares, strict=True) if most is not None]


def refusal(error: NotStarted) -> str:
    """What a program is told: what it has run out of, how much there is, and when to come again."""
    budget, facts = BUDGETS[error.facts["budget"]], error.facts
    span = f" in {_span(budget.seconds)}" if budget.seconds else ""
    return (
        f"Too much: at most {facts['limit']} {budget.what}{span}. Nothing was taken; "
        f"try again in {facts['seconds']} seconds."
    )


def table() -> str:
    """Both tables as Markdown, as they stand in this folder's README."""
    rows = [
        "| budget | what is counted | within | local | visitor | address | in all |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, budget in BUDGETS.items():
        shares = " | ".join("–" if share is None else str(share) for share in budget.shared)
        within = _span(budget.seconds) if budget.seconds else "at once"
        local = "the same" if budget.everywhere else "–"
        rows.append(f"| `{name}` | {budget.what} | {within} | {local} | {shares} |")
    rows += ["", "| of one request | at most |", "|---|---|"]
    rows += [f"| {what} | {most} |" for what, most in SIZES.items()]
    return "\n".join(rows)


def _span(seconds: int) -> str:
    return "a minute" if seconds == 60 else f"{seconds // 3600} hours"


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
