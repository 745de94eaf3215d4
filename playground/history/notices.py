"""What processes tell one another of their jobs: a row for each, in the PostgreSQL database that they share.

A row is a notice and never the truth: what came of a job is in its folder, which may say more. The clock is
the database's. Rows of jobs that have ended stay for a while, for the page whose line broke meanwhile.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Executable, String, column, delete, func, select, update, values
from sqlalchemy.dialects.postgresql import insert

from playground.history.managed_index import ManagedIndex
from playground.history.models import LOST_SECONDS, Notice
from playground.history.schema import jobs
from playground.record import Record

_ENDED_KEPT: Final = timedelta(minutes=10)
_UNTOLD_KEPT: Final = timedelta(days=30)


class State(StrEnum):
    """How far a job is. UNTOLD: its process ended before it did, and its person does not know yet."""

    RUNNING = "running"
    ENDED = "ended"
    UNTOLD = "cut off"


class JobNotices:
    """The table, for one process. Thread-safe.

    Raises:
        PlaygroundError: "history_failed" where the database does not answer.
    """

    def __init__(self, index: ManagedIndex) -> None:
        self._index = index
        self._process = uuid.uuid4().hex

    # ── of this process's jobs ──────────────────────────────────────────────────────────────────────────────

    def publish(self, record: Record, token: str, progress: str = "{}") -> None:
        """This process runs the job, and so far it has come.

        Whoever took this process for ended is corrected; what it has said of an end itself stays.
        """
        row = {"token": token, "progress": progress, "stopped": record.stopped}
        is_open = (jobs.c.process != self._process) | (jobs.c.state == State.RUNNING)
        self._write(record, State.RUNNING, row, is_open)

    def beat(self, progress: Mapping[str, str]) -> dict[str, bool]:
        """This process lives, and its jobs have come so far, by id. Whether each is to be stopped.

        Those that are missing from what is returned have no row.
        """
        if not progress:
            return {}
        told = values(column("id", String), column("progress", String), name="told").data([*progress.items()])
        beating = (
            update(jobs)
            .values(seen=func.now(), progress=told.c.progress)
            .where(jobs.c.id == told.c.id, jobs.c.process == self._process, jobs.c.state == State.RUNNING)
            .returning(jobs.c.id, jobs.c.stopped)
        )
        return {row.id: row.stopped for row in self._run(beating)}

    def end(self, record: Record) -> None:
        """A job has ended; where it was cut off, its person is to be told.

        Said of another process's job, too, once that one is lost. Whoever was wrong about it is corrected.
        """
        is_untold = record.interrupted and record.listed
        row = {"token": "", "progress": "{}", "stopped": record.stopped}
        is_new = (jobs.c.process != self._process) | (jobs.c.state == State.RUNNING)
        self._write(record, State.UNTOLD if is_untold else State.ENDED, row, is_new)

    def forget(self, generations: Collection[str]) -> None:
        """Takes rows away."""
        self._run(delete(jobs).where(jobs.c.id.in_(generations)))

    def _write(self, record: Record, state: State, row: Mapping[str, Any], where: Any) -> None:
        changed = {
            "process": self._process,
            "state": state,
            "seen": func.now(),
            "record": json.dumps(record.values, ensure_ascii=False),
        }
        added = insert(jobs).values(id=record.id, owner=record.owner, **row, **changed)
        self._run(added.on_conflict_do_update(index_elements=[jobs.c.id], set_=changed, where=where))

    # ── of everybody's ──────────────────────────────────────────────────────────────────────────────────────

    def of(self, owner: str, but: Collection[str] = ()) -> list[Notice]:
        """An owner's jobs that run or have ended lately, oldest first, without those that are known."""
        return self._found((jobs.c.owner == owner) & jobs.c.id.not_in(but))

    def named(self, generations: Collection[str]) -> list[Notice]:
        """The jobs with these ids, as far as there are rows of them."""
        return self._found(jobs.c.id.in_(generations))

    def stop(self, owner: str, generation: str) -> None:
        """The person wants a job stopped, wherever it runs."""
        its = (jobs.c.owner == owner) & (jobs.c.id == generation)
        self._run(update(jobs).values(stopped=True).where(its))

    def take_untold(self, owner: str) -> list[Record]:
        """An owner's jobs that were cut off; each is returned once, to whichever process asks first.

        Read before they are marked: a statement that is run once more after a lost line finds nothing that
        it has marked itself. Two processes that ask in the same moment both return them.
        """
        mine = (jobs.c.owner == owner) & (jobs.c.state == State.UNTOLD)
        found = self._run(select(jobs.c.id, jobs.c.record).where(mine))
        if found:
            these = mine & jobs.c.id.in_([row.id for row in found])
            self._run(update(jobs).values(state=State.ENDED, seen=func.now()).where(these))
        return sorted((_record(row) for row in found), key=lambda record: record.started)

    def take_lost(self) -> list[Record]:
        """Jobs whose process says nothing any more. They are this process's, which has to `end` them.

        Where it does not, they are lost again after LOST_SECONDS.
        """
        is_lost = jobs.c.seen < func.now() - timedelta(seconds=LOST_SECONDS)
        taken = (
            update(jobs)
            .values(process=self._process, seen=func.now())
            .where(jobs.c.state == State.RUNNING, is_lost)
            .returning(jobs.c.record)
        )
        return [_record(row) for row in self._run(taken)]

    def sweep(self) -> None:
        """Removes what nobody will ask for any more."""
        is_over = (jobs.c.state == State.ENDED) & (jobs.c.seen < func.now() - _ENDED_KEPT)
        self._run(delete(jobs).where(is_over | (jobs.c.seen < func.now() - _UNTOLD_KEPT)))

    def _found(self, which: Any) -> list[Notice]:
        columns = (jobs.c.record, jobs.c.token, jobs.c.state, jobs.c.stopped, jobs.c.progress)
        rows = self._run(select(*columns).where(which))
        found = [
            Notice(_record(row), row.token, row.state == State.RUNNING, row.stopped, json.loads(row.progress))
            for row in rows
        ]
        return sorted(found, key=lambda notice: notice.record.started)

    def _run(self, statement: Executable) -> Sequence[Any]:
        return self._index.run(lambda index: index.execute(statement))


def _record(row: Any) -> Record:
    return Record.read(json.loads(row.record))
