"""What was spent: a row in the database for each press that may cost something, written before it is sent.

All processes that share the database see the same rows, and one writes at a time (`Database.writing`), so
that no two presses together cross a limit which each alone would have kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

DAY: Final = timedelta(days=1)
MONTH: Final = timedelta(days=30)
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
            NotStarted: "money_spent" for the operator's, "limit_reached" and "limit_count" for the owner's.
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
        connection.execute(insert(charges).values(**vars(charge), created=self._since(timedelta())))
        connection.execute(delete(charges).where(charges.c.created < self._since(_KEPT)))

    def _keep_operators(self, connection: Connection, charge: Charge, caps: Sequence[Cap]) -> None:
        of_day = charges.c.is_operators & (charges.c.created >= self._since(DAY))
        of_one = {"owner": charges.c.owner == charge.owner, "network": charges.c.network == charge.network}
        for cap in caps:
            where = of_day & of_one[cap.whose] if cap.whose in of_one else of_day
            if _sums(connection, where)[0] + charge.dollars > cap.dollars + _ROUNDING:
                raise NotStarted("money_spent", limit=f"{cap.dollars:.2f}", whose=cap.whose)

    def _keep_owners(self, connection: Connection, charge: Charge) -> None:
        limits = _limits(connection, charge.owner)
        if limits.count is not None and charge.unknown:
            _, unknown = _sums(connection, self._of(charge.owner, DAY))
            if unknown + charge.unknown > limits.count:
                raise NotStarted("limit_count", limit=limits.count, spent=unknown)
        for span, most in ((DAY, limits.day), (MONTH, limits.month)):
            if most is None or not charge.dollars:
                continue
            dollars, _ = _sums(connection, self._of(charge.owner, span))
            if dollars + charge.dollars > most + _ROUNDING:
                spent, limit, asked = (f"{amount:.2f}" for amount in (dollars, most, charge.dollars))
                if span == DAY:
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

    def charged(self, owner: str, span: timedelta) -> tuple[float, int]:
        """What counts to an owner's limits: US dollars, and pictures without a known price."""
        where = self._of(owner, span)
        return self._index.run(lambda index: index.read(lambda connection: _sums(connection, where)))

    def spent(self, owner: str, since: datetime) -> list[Spent]:
        """What an owner's generations since a moment have cost, by provider and model, the dearest first.

        By tokens where they are told, else by the estimate. What was imported was paid for elsewhere.
        """
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
            .where(generations.c.owner == owner, generations.c.seq >= microseconds(since))
            .where(generations.c.origin.is_(None))
            .group_by(generations.c.provider, generations.c.model)
        )
        rows = self._index.run(lambda index: index.execute(wanted))
        found = [Spent(row[0], row[1], row[2], float(row[3]), int(row[4])) for row in rows]
        return sorted(found, key=lambda one: (-one.dollars, -one.unknown, one.provider, one.model))

    def _of(self, owner: str, span: timedelta) -> ColumnElement[bool]:
        return (charges.c.owner == owner) & (charges.c.created >= self._since(span))

    def _since(self, span: timedelta) -> int:
        return microseconds(self._now() - span)


def _sums(connection: Connection, where: ColumnElement[bool]) -> tuple[float, int]:
    wanted = select(func.sum(charges.c.dollars), func.sum(charges.c.unknown)).where(where)
    dollars, unknown = connection.execute(wanted).one()
    return float(dollars or 0), int(unknown or 0)


def _limits(connection: Connection, owner: str) -> SpendingLimits:
    columns = (spending_limits.c.day, spending_limits.c.month, spending_limits.c.unknown)
    found = connection.execute(select(*columns).where(spending_limits.c.owner == owner)).first()
    return SpendingLimits(*found) if found else SpendingLimits()
