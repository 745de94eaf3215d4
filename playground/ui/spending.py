"""What was spent, and the limits that a person sets, as the connection's panel shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup

from playground.catalogue import Catalogue
from playground.errors import InvalidRequest
from playground.history import EPOCH, History, Span, SpendingLimits, Spent
from playground.history.spans import begin, zone_of
from playground.ui.rendering import render
from playground.ui.words import Words

MOST_DOLLARS: Final = 100_000
MOST_PICTURES: Final = 100_000


def since(opened: str, now: datetime) -> datetime:
    """When a page was opened, as it says in milliseconds since 1970; now for what is no such moment."""
    try:
        return min(max(EPOCH + timedelta(milliseconds=float(opened.partition(" ")[0])), EPOCH), now)
    except (AttributeError, ValueError, OverflowError):
        return now


def zone(opened: str) -> str:
    """The time zone that the page says beside it; "" for what is none."""
    said = str(opened).partition(" ")[2]
    return said if zone_of(said) is not UTC else ""


def meter(history: History, catalogue: Catalogue, owner: str, opened: str, words: Words) -> Markup:
    """The table of what was spent since the page was opened, today and in this month. Blocks."""
    ledger, now, here = history.ledger, datetime.now(UTC), zone(opened)
    moments = (since(opened, now), begin(Span.DAY, now, here), begin(Span.MONTH, now, here))
    columns = [ledger.spent(owner, moment) for moment in moments]
    everything = ledger.spent(owner, min(moments))  # a page may be open since the month before
    rows = [
        {"name": _name(provider, model, catalogue, words), "cells": cells}
        for provider, model in dict.fromkeys((one.provider, one.model) for one in everything)
        if any(cells := [_cell(_of(column, provider, model), catalogue, words) for column in columns])
    ]
    return render(
        "spending",
        words,
        rows=rows,
        totals=[_cell(column, catalogue, words) for column in columns],
        used=_used(history, owner, sum(one.unknown for one in columns[1]), words),
        zone=here or "UTC",
    )


def _of(column: Sequence[Spent], provider: str, model: str) -> list[Spent]:
    return [one for one in column if (one.provider, one.model) == (provider, model)]


def _name(provider: str, model: str, catalogue: Catalogue, words: Words) -> tuple[str, str]:
    row = catalogue.providers.get(provider)
    called = words.get(f"providers.{row.name}", row.name) if row else provider
    return catalogue.model(provider, model).name or model, called


def _cell(spent: Sequence[Spent], catalogue: Catalogue, words: Words) -> str:
    """A sum, and how many pictures nobody knows the price of: these are never nothing. Empty where nothing
    was billed by a provider that bills: that is not free."""
    rows = [catalogue.providers.get(one.provider) for one in spent]
    dollars, unknown = sum(one.dollars for one in spent), sum(one.unknown for one in spent)
    is_free = bool(rows) and all(row is not None and row.free for row in rows)
    known = words.dollars(dollars) if dollars else words("history.free") if is_free else ""
    return words.listed(filter(None, (known, words("spending.unknown", count=unknown) if unknown else "")))


def _used(history: History, owner: str, came: int, words: Words) -> list[str]:
    """What is used up of each limit that is set.

    `came`: pictures of a day at an unknown price that the table has. More may count: what has not come may be
    billed all the same.
    """
    limits = history.ledger.limits(owner)
    (day, unknown), (month, _) = (history.ledger.charged(owner, span) for span in (Span.DAY, Span.MONTH))
    said = []
    for name, most, spent in (("day", limits.day, day), ("month", limits.month, month)):
        if most is not None:
            facts = {"spent": words.dollars(spent), "limit": words.dollars(most)}
            said.append(words(f"spending.used_{name}", **facts))
    if limits.count is not None:
        unclear = words("spending.used_unclear", count=unknown - came) if unknown > came else ""
        told = words("spending.used_unknown", spent=unknown, limit=limits.count)
        said.append(words.together(told, unclear))
    return said


def fields(limits: SpendingLimits) -> dict[str, str]:
    """The limits as they stand in their fields."""
    return {
        "day": _amount(limits.day),
        "month": _amount(limits.month),
        "unknown": "" if limits.unknown is None else str(limits.unknown),
    }


def _amount(dollars: float | None) -> str:
    return "" if dollars is None else f"{dollars:.2f}".removesuffix(".00")


def typed(values: Mapping[str, object], zone: str = "") -> SpendingLimits:
    """The limits from what was typed, for days of that time zone; nothing in a field is no limit.

    Raises:
        InvalidRequest: "limit_invalid": it is no amount.
    """
    unknown = _number(values, "unknown", MOST_PICTURES)
    return SpendingLimits(
        _number(values, "day", MOST_DOLLARS),
        _number(values, "month", MOST_DOLLARS),
        None if unknown is None else int(unknown),
        zone,
    )


def _number(values: Mapping[str, object], name: str, most: int) -> float | None:
    text = str(values.get(name) or "").strip().lstrip("$").replace(",", ".").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= most:  # also for what is no number
        raise InvalidRequest("limit_invalid", field=name)
    return number
