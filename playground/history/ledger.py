"""What was spent: a row in the database for each press that may cost something, written before it is sent.

All processes that share the database see the same rows, and one writes at a time (`Database.writing`), so
that no two presses together cross a limit which each alone would have kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, case, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from playground.errors import NotStarted
from playground.history.managed_index import ManagedIndex
from playground.history.models import Cap, Charge, SpendingLimits, Spent
from playground.history.pages import NO_PICTURES
from playground.history.rows import microseconds
from playground.history.schema import charges, generations, spending_limits
from playground.history.spans import Span, begin

_KEPT: Final = timedelta(days=40)
_ROUNDING: Final = 1e-9
"""Sums of prices are no exact numbers: what fills a limit to the last cent is not over it."""


class Ledger:
    """The tables, for one process. Thread-safe. Raises what `ManagedIndex.run` raises."""

    def __init__(self, index: ManagedIndex, now: Callable[[], datetime]) -> None:
        self._index = index
        self._now = now

    # ── before a call, and after it ─────────────────────────────────────────────────────────────────────────

    def reserve(self, charge: Charge, caps: Sequence[Cap] = ()) -> None:
        """Writes down what a press may cost, or refuses it: no limit is crossed, whoever asks at once.

        Args:
            caps: the operator's, for charges of the operator's key. The owner's own are looked up.

        Raises:
            NotStarted: "money_spent" for the operator's, of a day in UTC; "limit_day", "limit_month" and
                "limit_count" for the owner's, by their own calendar.
        """
        self._index.run(lambda index: index.write(lambda connection: self._reserve(connection, charge, caps)))

    def settle(self, charge: str, dollars: float, unknown: int) -> None:
        """What a press has cost in the end."""
        its = update(charges).where(charges.c.id == charge).values(dollars=dollars, unknown=unknown)
        self._write(its)

    def release(self, charge: str) -> None:
        """Nothing was begun."""
        self._write(delete(charges).where(charges.c.id == charge))

    def _write(self, statement: Any) -> None:
        self._index.run(lambda index: index.write(lambda connection: connection.execute(statement)))

    def _reserve(self, connection: Connection, charge: Charge, caps: Sequence[Cap]) -> None:
        if connection.execute(select(charges.c.id).where(charges.c.id == charge.id)).first():
            return  # the line broke after the commit, and it is asked once more
        if charge.is_operators:
            self._keep_operators(connection, charge, caps)
        self._keep_owners(connection, charge)
        connection.execute(insert(charges).values(**vars(charge), created=microseconds(self._now())))
        connection.execute(delete(charges).where(charges.c.created < microseconds(self._now() - _KEPT)))

    def _keep_operators(self, connection: Connection, charge: Charge, caps: Sequence[Cap]) -> None:
        of_day = charges.c.is_operators & (charges.c.created >= self._since(Span.DAY))
        of_one = {"owner": charges.c.owner == charge.owner, "network": charges.c.network == charge.network}
        for cap in caps:
            where = of_day & of_one[cap.whose] if cap.whose in of_one else of_day
            if _sums(connection, where)[0] + charge.dollars > cap.dollars + _ROUNDING:
                raise NotStarted("money_spent", limit=f"{cap.dollars:.2f}", whose=cap.whose)

    def _keep_owners(self, connection: Connection, charge: Charge) -> None:
        limits = _limits(connection, charge.owner)
        if limits.count is not None and charge.unknown:
            _, unknown = _sums(connection, self._of(charge.owner, Span.DAY, limits.zone))
            if unknown + charge.unknown > limits.count:
                raise NotStarted("limit_count", limit=limits.count, spent=unknown)
        for span, most in ((Span.DAY, limits.day), (Span.MONTH, limits.month)):
            if most is None or not charge.dollars:
                continue
            dollars, _ = _sums(connection, self._of(charge.owner, span, limits.zone))
            if dollars + charge.dollars > most + _ROUNDING:
                spent, limit, asked = (f"{amount:.2f}" for amount in (dollars, most, charge.dollars))
                if span is Span.DAY:
                    raise NotStarted("limit_day", spent=spent, limit=limit, asked=asked)
                raise NotStarted("limit_month", spent=spent, limit=limit, asked=asked)

    # ── limits and sums ─────────────────────────────────────────────────────────────────────────────────────

    def limits(self, owner: str) -> SpendingLimits:
        """What an owner has set."""
        return self._index.run(lambda index: index.read(lambda connection: _limits(connection, owner)))

    def set_limits(self, owner: str, limits: SpendingLimits) -> None:
        """Sets an owner's limits anew."""

        def change(connection: Connection) -> None:
            connection.execute(delete(spending_limits).where(spending_limits.c.owner == owner))
            connection.execute(insert(spending_limits).values(owner=owner, **vars(limits)))

        self._index.run(lambda index: index.write(change))

    def set_zone(self, owner: str, zone: str) -> None:
        """Where an owner with limits is by now."""
        self._write(update(spending_limits).where(spending_limits.c.owner == owner).values(zone=zone))

    def charged(self, owner: str, span: Span) -> tuple[float, int]:
        """What counts to an owner's limits: US dollars, and pictures without a known price."""

        def ask(connection: Connection) -> tuple[float, int]:
            return _sums(connection, self._of(owner, span, _limits(connection, owner).zone))

        return self._index.run(lambda index: index.read(ask))

    def spent(self, owner: str, since: datetime) -> list[Spent]:
        """What an owner's generations since a moment have cost, by provider and model, the dearest first.

        By tokens where they are told, else by the estimate. What was imported was paid for elsewhere. Of a
        comparison, each model has its own calls.
        """
        mine = (generations.c.owner == owner) & (generations.c.seq >= microseconds(since))
        mine &= generations.c.origin.is_(None)
        compared = select(generations.c.shares).where(mine, generations.c.shares != "")
        paid = func.coalesce(generations.c.tokens_cost, generations.c.cost)
        is_unknown = paid.is_(None) & (generations.c.pictures != NO_PICTURES)
        wanted = (
            select(
                generations.c.provider,
                generations.c.model,
                func.count(),
                func.coalesce(func.sum(paid), 0.0),
                func.coalesce(func.sum(case((is_unknown, 1), else_=0)), 0),
            )
            .where(mine, generations.c.shares == "")
            .group_by(generations.c.provider, generations.c.model)
        )
        rows = self._index.run(lambda index: [*index.execute(wanted), *_shares(index.execute(compared))])
        found = dict[tuple[str, str], Spent]()
        for provider, model, count, dollars, unknown in rows:
            before = found.get((provider, model), Spent(provider, model, 0, 0.0, 0))
            found[provider, model] = replace(
                before,
                count=before.count + count,
                dollars=before.dollars + float(dollars),
                unknown=before.unknown + int(unknown),
            )
        return _dearest_first(found.values())

    def _of(self, owner: str, span: Span, zone: str) -> ColumnElement[bool]:
        return (charges.c.owner == owner) & (charges.c.created >= self._since(span, zone))

    def _since(self, span: Span, zone: str = "") -> int:
        return microseconds(begin(span, self._now(), zone))


def _dearest_first(spent: Iterable[Spent]) -> list[Spent]:
    return sorted(spent, key=lambda one: (-one.dollars, -one.unknown, one.provider, one.model))


def _shares(compared: Iterable[Any]) -> Iterator[tuple[str, str, int, float, bool]]:
    """What each model of comparisons has cost: provider, model, one generation, dollars, whether unknown."""
    for (text,) in compared:
        for provider, model, pictures, paid in json.loads(text):
            yield provider, model, 1, paid or 0.0, paid is None and pictures > 0


def _sums(connection: Connection, where: ColumnElement[bool]) -> tuple[float, int]:
    wanted = select(func.sum(charges.c.dollars), func.sum(charges.c.unknown)).where(where)
    dollars, unknown = connection.execute(wanted).one()
    return float(dollars or 0), int(unknown or 0)


def _limits(connection: Connection, owner: str) -> SpendingLimits:
    table = spending_limits.c
    columns = (table.day, table.month, table.unknown, table.zone)
    found = connection.execute(select(*columns).where(spending_limits.c.owner == owner)).first()
    return SpendingLimits(*found) if found else SpendingLimits()
