"""Batches and their rows in the database: whoever claims a row may send it, and nobody else.

A claim is won by one process, and only under the lease that it has at that moment: each take-over ends the
one before, and with it whatever its process still wants to write. It is not yet the permission to send: that
is the note of the generation on disk, which is made only where there is none (`History.begin`), synced, and
named after batch, row and try. A try without a note is given back, so that the next one has the same name.
So a claim that a power cut takes back, or that a process thought lost still holds, sends nothing twice: the
note is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, case, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.engine import Connection

from playground.history.managed_index import ManagedIndex
from playground.history.models import Batch, BatchRow, BatchState, RowState
from playground.history.rows import microseconds, moment
from playground.history.schema import batch_rows, batches, charges

T = TypeVar("T")
KEPT: Final = timedelta(days=40)
"""How long a batch can be looked at, unless the operator keeps all for less; its pictures stay."""


class BatchBook:
    """The tables, for one process. Thread-safe. Raises what `ManagedIndex.run` raises."""

    def __init__(self, index: ManagedIndex, now: Callable[[], datetime], kept: timedelta = KEPT) -> None:
        """`kept` is how long a batch that has ended can be looked at."""
        self._index = index
        self._now = now
        self._kept = kept

    # ── a batch ─────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, batch: Batch, rows: Sequence[BatchRow]) -> None:
        """Keeps a new batch; when this returns, no power cut takes it back."""
        values = {**asdict(batch), "created": microseconds(batch.created), "facts": json.dumps(batch.facts)}

        def work(connection: Connection) -> None:
            if connection.execute(select(batches.c.id).where(batches.c.id == batch.id)).first():
                return  # the line broke after the commit, and it is asked once more
            connection.execute(insert(batches).values(values))
            connection.execute(insert(batch_rows), [_values(batch.id, row) for row in rows])

        self._index.run(lambda index: index.write(work, is_synced=True))

    def find(self, batch: str) -> Batch | None:
        """A batch, whoever's it is."""
        return next(iter(self._found(batches.c.id == batch)), None)

    def of(self, owner: str) -> list[Batch]:
        """An owner's batches, newest first."""
        return self._found(batches.c.owner == owner)

    def open(self) -> list[Batch]:
        """Everybody's batches that are to go on, or have rows of which the end is not known; newest first."""
        sent = select(batch_rows.c.batch).where(batch_rows.c.state == RowState.SENT)
        return self._found((batches.c.state == BatchState.RUNNING) | batches.c.id.in_(sent))

    def change(
        self,
        batch: str,
        state: BatchState,
        reason: str = "",
        facts: Mapping[str, str] | None = None,
        *,
        holder: str | None = None,
    ) -> None:
        """A batch goes on, waits or ends, because somebody wants it so; with a `holder`, only there from now
        on."""
        values: dict[str, Any] = {"state": state, "reason": reason, "facts": json.dumps(dict(facts or {}))}
        if holder is not None:
            lease = case((batches.c.holder == holder, batches.c.lease), else_=batches.c.lease + 1)
            values |= {"holder": holder, "lease": lease}
        self._write(
            lambda connection: connection.execute(update(batches).where(batches.c.id == batch).values(values))
        )

    def finish(self, batch: Batch) -> None:
        """A batch has ended, unless somebody has had rows sent again meanwhile, or it runs elsewhere."""
        is_open = batch_rows.c.state.in_([RowState.WAITING, RowState.SENT])
        rows = exists().where(batch_rows.c.batch == batch.id, is_open)
        running = (_held(batch), batches.c.state == BatchState.RUNNING)
        values = {"state": BatchState.ENDED, "reason": "", "facts": "{}"}
        ended = update(batches).where(*running, ~rows).values(values)
        self._write(lambda connection: connection.execute(ended))

    def release(self, batch: Batch, charge: str) -> bool:
        """Nothing was begun of what was reserved; whether this process runs the batch and may say so."""

        def work(connection: Connection) -> bool:
            if not _holds(connection, batch):
                return False
            connection.execute(delete(charges).where(charges.c.id == charge))
            return True

        return self._write(work)

    def pause(self, batch: Batch, reason: str, facts: Mapping[str, str] | None = None) -> None:
        """A batch waits for a person, because the process that runs it cannot go on."""
        values = {"state": BatchState.PAUSED, "reason": reason, "facts": json.dumps(dict(facts or {}))}
        paused = update(batches).where(_held(batch), batches.c.state == BatchState.RUNNING).values(values)
        self._write(lambda connection: connection.execute(paused))

    def note(self, batch: Batch, note: str) -> bool:
        """What a driver has to remember; when this returns, the database has it. False where another process
        runs the batch by now."""

        def work(connection: Connection) -> bool:
            connection.execute(update(batches).where(_held(batch)).values(note=note))
            return _holds(connection, batch)

        return self._write(work)

    def take(self, batch: Batch, holder: str) -> Batch | None:
        """The batch as `holder` runs it from now on; None where another was quicker."""
        its, lease = batches.c.id == batch.id, batch.lease + 1

        def work(connection: Connection) -> Batch | None:
            before = _held(batch) & (batches.c.beat == batch.beat)
            taken = update(batches).where(before).values(holder=holder, beat=batch.beat + 1, lease=lease)
            connection.execute(taken)
            mine = its & (batches.c.holder == holder) & (batches.c.lease == lease)
            found = connection.execute(select(batches).where(mine)).first()
            return None if found is None else _batch(found)

        return self._write(work)

    def beat(self, holder: str, number: int) -> None:
        """The process lives."""
        self._write(
            lambda connection: connection.execute(
                update(batches)
                .where(batches.c.holder == holder, batches.c.state == BatchState.RUNNING)
                .values(beat=number)
            )
        )

    def leave(self, holder: str) -> None:
        """The process runs nothing any more: others need not wait until it is taken for lost."""
        left = update(batches).where(batches.c.holder == holder).values(holder="", lease=batches.c.lease + 1)
        self._write(lambda connection: connection.execute(left))

    def over(self) -> list[str]:
        """Ids of what nobody will ask for any more: what has ended, and after KEPT whatever has not."""
        now = self._now()
        sent = select(batch_rows.c.batch).where(batch_rows.c.state == RowState.SENT)
        is_open = batches.c.state.in_([BatchState.RUNNING, BatchState.PAUSED]) | batches.c.id.in_(sent)
        old = (batches.c.created < microseconds(now - self._kept)) & ~is_open
        old |= batches.c.created < microseconds(now - KEPT)
        return [batch.id for batch in self._found(old)]

    def remove(self, ids: Collection[str]) -> None:
        """Takes batches away; what they have made is the history's."""
        if ids:
            self._write(lambda connection: _remove(connection, ids))

    def count_bytes(self, batch: str, size: int) -> None:
        """So much is kept of its input pictures."""
        kept = update(batches).where(batches.c.id == batch).values(bytes=size)
        self._write(lambda connection: connection.execute(kept))

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────

    def rows(
        self, batch: str, states: Collection[RowState] = (), *, after: int = 0, limit: int = 1000
    ) -> list[BatchRow]:
        """Rows in order, those in some states alone where any are given."""
        wanted = select(batch_rows).where(batch_rows.c.batch == batch, batch_rows.c.number > after)
        wanted = wanted.where(batch_rows.c.state.in_(states)) if states else wanted
        wanted = wanted.order_by(batch_rows.c.number).limit(limit)
        return [_row(row) for row in self._index.run(lambda index: index.execute(wanted))]

    def counts(self, batch: str) -> dict[RowState, int]:
        """How many rows are in each state."""
        wanted = (
            select(batch_rows.c.state, func.count())
            .where(batch_rows.c.batch == batch)
            .group_by(batch_rows.c.state)
        )
        found = dict(tuple(row) for row in self._index.run(lambda index: index.execute(wanted)))
        return {state: found.get(state, 0) for state in RowState}

    def sums(self, batch: str) -> tuple[float, float | None]:
        """US dollars that the rows have cost as far as is known, and how long one takes on average."""
        wanted = select(func.sum(batch_rows.c.price), func.avg(batch_rows.c.seconds)).where(
            batch_rows.c.batch == batch
        )
        [(dollars, seconds)] = self._index.run(lambda index: index.execute(wanted))
        return float(dollars or 0), None if seconds is None else float(seconds)

    def claim(self, batch: Batch, rows: Sequence[BatchRow], note: str | None = None) -> bool:
        """Whether the next tries of all these rows are this process's to begin: they wait, and the batch runs
        here, under this lease. All or none; a `note` is kept with the claim or not at all."""
        its, pair = batch_rows.c.batch == batch.id, tuple_(batch_rows.c.number, batch_rows.c.tries)
        here = _held(batch) & (batches.c.state == BatchState.RUNNING)
        is_here = select(batches.c.id).where(here).exists()
        waits = its & pair.in_([(row.number, row.tries) for row in rows])
        claimed = update(batch_rows).where(waits, batch_rows.c.state == RowState.WAITING, is_here)
        claimed = claimed.values(state=RowState.SENT, tries=batch_rows.c.tries + 1)
        mine = its & pair.in_([(row.number, row.tries + 1) for row in rows]) & is_here
        mine &= batch_rows.c.state == RowState.SENT

        def work(connection: Connection) -> None:
            connection.execute(claimed)
            if connection.execute(select(func.count()).where(mine)).scalar_one() != len(rows):
                raise _NotAll  # takes back what there was
            if note is not None:
                connection.execute(update(batches).where(here).values(note=note))

        try:
            self._write(work)
        except _NotAll:
            return False
        return True

    def holds(self, batch: Batch, row: BatchRow | None = None) -> bool:
        """Whether this process still runs the batch, and this try of a row is under way."""
        its = (batch_rows.c.batch == batch.id) & (batch_rows.c.state == RowState.SENT)

        def work(connection: Connection) -> bool:
            if row is None:
                return _holds(connection, batch)
            this = its & (batch_rows.c.number == row.number) & (batch_rows.c.tries == row.tries)
            wanted = select(batch_rows.c.number).where(
                this, select(batches.c.id).where(_held(batch)).exists()
            )
            return connection.execute(wanted).first() is not None

        return self._index.run(lambda index: index.read(work))

    def end(self, batch: Batch, row: BatchRow, *, unbegun: bool = False) -> BatchRow:
        """What became of a try that was claimed; returns the row as it is kept. A later one is not touched,
        nor any where another process runs the batch by now; and what would wait again in a batch that was
        stopped has stopped with it.

        Args:
            unbegun: there is no note of it: the next try is the same one, with the same name.
        """
        kept = replace(row, code=row.code[:200], tries=row.tries - unbegun)
        its = (batch_rows.c.batch == batch.id) & (batch_rows.c.number == row.number)
        is_open = (batch_rows.c.state == RowState.SENT) & (batch_rows.c.tries == row.tries)
        is_here = select(batches.c.id).where(_held(batch)).exists()
        values = _values(batch.id, kept)
        if row.state is RowState.WAITING:
            is_stopped = (batches.c.id == batch.id) & (batches.c.state == BatchState.STOPPED)
            stopped = select(batches.c.id).where(is_stopped).exists()
            values["state"] = case((stopped, RowState.STOPPED.value), else_=RowState.WAITING.value)
        ended = update(batch_rows).where(its, is_open, is_here).values(values)
        self._write(lambda connection: connection.execute(ended))
        return kept

    def move(self, batch: str, source: RowState, target: RowState) -> None:
        """Every row that is in a state is in another one from now on."""
        its = (batch_rows.c.batch == batch) & (batch_rows.c.state == source)
        self._write(lambda connection: connection.execute(update(batch_rows).where(its).values(state=target)))

    def _found(self, which: Any) -> list[Batch]:
        wanted = select(batches).where(which).order_by(batches.c.created.desc(), batches.c.id)
        return [_batch(row) for row in self._index.run(lambda index: index.execute(wanted))]

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._index.run(lambda index: index.write(work))


class _NotAll(Exception):
    """Some of the rows cannot be claimed."""


def _held(batch: Batch) -> ColumnElement[bool]:
    """Nobody has taken it over."""
    return (batches.c.id == batch.id) & (batches.c.holder == batch.holder) & (batches.c.lease == batch.lease)


def _holds(connection: Connection, batch: Batch) -> bool:
    return connection.execute(select(batches.c.id).where(_held(batch))).first() is not None


def _remove(connection: Connection, ids: Collection[str]) -> None:
    connection.execute(delete(batch_rows).where(batch_rows.c.batch.in_(ids)))
    connection.execute(delete(batches).where(batches.c.id.in_(ids)))


def _values(batch: str, row: BatchRow) -> dict[str, Any]:
    kept = {"fields": json.dumps(dict(row.fields), ensure_ascii=False), "facts": json.dumps(dict(row.facts))}
    return {**asdict(row), **kept, "batch": batch}


def _batch(row: Any) -> Batch:
    read = {"created": moment(row.created), "facts": json.loads(row.facts), "state": BatchState(row.state)}
    return Batch(**{**row._mapping, **read})


def _row(row: Any) -> BatchRow:
    values = {name: value for name, value in row._mapping.items() if name != "batch"}
    read = {name: json.loads(values[name]) for name in ("fields", "facts")}
    return BatchRow(**{**values, **read, "state": RowState(row.state)})
