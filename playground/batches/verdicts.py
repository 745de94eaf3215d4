"""What became of a row, and what it means for those that wait: told by the outcome of its call alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from playground.errors import Billed, NoPicture, NotStarted, PlaygroundError, ProviderError
from playground.history import BatchRow, RowState
from playground.jobs.costs import by_tokens, estimate
from playground.jobs.job import Job

LONGEST_WAIT: Final = 3600.0
"""Seconds; a provider that asks for a longer wait has the batch pause until a person goes on."""
_UNSENT: Final = frozenset({"interrupted_unsent", "stopped_unsent"})
_UNTOLD: Final = frozenset({"interrupted", "stopped", "unexpected"})
_WAIT: Final = frozenset({"too_fast", "too_many_at_once", "busy", "too_many_waiting"})
_SLOW: Final = frozenset({"rate_limited", "overloaded", "provider_trouble"})
_FOR_ALL: Final = frozenset(
    {
        *("key_missing", "key_invalid", "key_refused", "no_credit", "permission_denied", "account_stopped"),
        *("region_or_billing", "no_free_tier", "daily_quota", "base_url_missing", "base_url_invalid"),
        *("base_url_not_allowed", "cannot_connect", "connect_timed_out", "name_not_found", "tls_failed"),
        *("proxy_page", "redirected", "wrong_endpoint"),
    }
)
"""What would befall every row alike, so that a person is asked before the next one is tried."""


class Go(Enum):
    """What the batch does next: goes on, slows down and tries the row again, pauses, or leaves the row to
    whoever has begun it."""

    ON = auto()
    SLOWLY = auto()
    PAUSE = auto()
    AWAY = auto()


@dataclass(frozen=True)
class Verdict:
    """The row as it is to be kept, and how the batch goes on.

    Attributes:
        error: why it pauses or slows down.
        wait: seconds that are asked for; None where nobody has said.
    """

    row: BatchRow
    go: Go = Go.ON
    error: PlaygroundError | None = None
    wait: float | None = None


def of_job(job: Job, row: BatchRow) -> Verdict:
    """The verdict on a row whose job has ended, in this process or in one before it."""
    outcome = next(iter(job.outcomes), None)
    cost = by_tokens(job)
    row = replace(row, price=estimate(job) if cost is None else cost, seconds=job.seconds)
    pictures = len(job.pictures)
    if pictures:
        return Verdict(replace(row, state=RowState.DONE, pictures=pictures))
    error = outcome.error if outcome is not None and outcome.error is not None else job.stop_reason()
    return of_error(error, row)


def of_error(error: PlaygroundError, row: BatchRow) -> Verdict:
    """The verdict on a row that brought no picture.

    Sent again by itself is only what nobody can have billed, and of which the reason passes. What was sent
    and never answered is unclear for good.
    """
    said = error.said[:500] if isinstance(error, ProviderError) else ""
    told = replace(row, code=error.code, facts=dict(error.facts), said=said)
    waiting = replace(row, state=RowState.WAITING, price=None, seconds=None)
    if error.code in _UNSENT:
        return Verdict(waiting)
    if isinstance(error, NotStarted):
        seconds = float(error.facts["seconds"]) if "seconds" in error.facts else None
        is_passing = error.code in _WAIT
        return Verdict(waiting, Go.SLOWLY if is_passing else Go.PAUSE, error, seconds)
    if error.code in _UNTOLD:
        return Verdict(replace(told, state=RowState.UNCLEAR, price=None))
    billed = error.billed if isinstance(error, ProviderError | NoPicture) else Billed.NO
    if isinstance(error, ProviderError) and billed is not Billed.NO:
        return Verdict(replace(told, state=RowState.UNCLEAR, price=None))
    if billed is Billed.NO and error.code in _FOR_ALL:
        return Verdict(waiting, Go.PAUSE, error)
    if isinstance(error, ProviderError) and error.code in _SLOW and error.in_json:
        is_long = (error.retry_after or 0) > LONGEST_WAIT
        return Verdict(waiting, Go.PAUSE if is_long else Go.SLOWLY, error, error.retry_after)
    return Verdict(replace(told, state=RowState.FAILED))
