"""Questions to the index, and what is written to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import JSON, Executable, bindparam, cast, delete, func, select, text, update
from sqlalchemy.engine import Connection

from playground.history import pages, search
from playground.history.database import Database
from playground.history.models import Choices, Query
from playground.history.pages import NO_PICTURES, SHOWN, Found, PageQuery
from playground.history.rows import Row
from playground.history.schema import batches, generations, grams_postgresql, pictures

_BEFORE = select(generations.c.seq, generations.c.id, generations.c.owner, generations.c.words).where(
    (generations.c.id == bindparam("id")) | (generations.c.seq == bindparam("seq"))
)
_TAKEN = select(generations.c.seq).where(generations.c.seq == bindparam("seq"))
_ADD = generations.insert()
_ADD_PICTURE = pictures.insert()
_ADD_TOKENS_SQLITE = text("INSERT INTO grams(rowid, tokens) VALUES (:seq, :tokens)")
_ADD_TOKENS_POSTGRESQL = grams_postgresql.insert()
_DROP = delete(generations).where(generations.c.seq == bindparam("seq"))
_DROP_PICTURES = delete(pictures).where(pictures.c.seq == bindparam("seq"))
_DROP_TOKENS_SQLITE = text("INSERT INTO grams(grams, rowid, tokens) VALUES ('delete', :seq, :tokens)")
_DROP_TOKENS_POSTGRESQL = delete(grams_postgresql).where(grams_postgresql.c.seq == bindparam("seq"))
_LOOK_AHEAD = 3_600_000_000  # an hour, in microseconds
_MOST_RELATIVES = 1000
T = TypeVar("T")


class Index:
    """One index, whichever engine holds it. Thread-safe. Raises what `Database` raises."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add_tokens = _ADD_TOKENS_SQLITE if database.is_sqlite else _ADD_TOKENS_POSTGRESQL

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def execute(self, statement: Executable) -> Sequence[Any]:
        """One statement on the table of jobs, which stands for itself; the rows that it returns."""
        with self._database.reading() as connection:
            result = connection.execute(statement)
            return result.all() if result.returns_rows else ()

    def read(self, ask: Callable[[Connection], T]) -> T:
        """What `ask` finds out on a connection."""
        with self._database.reading() as connection:
            return ask(connection)

    def write(self, work: Callable[[Connection], T], *, is_synced: bool = False) -> T:
        """Does `work` in a transaction, while no other process writes; `is_synced` as for
        `Database.writing`."""
        with self._database.writing(is_synced=is_synced) as connection:
            return work(connection)

    # ── questions ───────────────────────────────────────────────────────────────────────────────────────────

    def page(self, owner: str, query: Query, before: int | None, limit: int) -> Found:
        """At most `limit` rows beyond the key `before`, in the order of the query."""
        page = PageQuery(owner, query, before, limit)
        rows = pages.rows_sqlite if self._database.is_sqlite else pages.rows_postgresql
        with self._database.reading() as connection:
            return rows(connection, page)

    def find(self, owner: str, ids: Collection[str]) -> Found:
        """The rows of these ids, as far as they are the owner's and not deleted; newest first."""
        wanted = (
            select(*SHOWN)
            .where(generations.c.owner == owner, generations.c.deleted.is_(None))
            .where(generations.c.id.in_(ids))
            .order_by(generations.c.seq.desc())
        )
        with self._database.reading() as connection:
            return connection.execute(wanted).all()

    def beside(self, owner: str, generation: str) -> tuple[str | None, str | None]:
        """Ids of the next newer and the next older of the owner's generations that have pictures."""
        seq = generations.c.seq
        at = select(seq).where(generations.c.id == generation).scalar_subquery()
        shown = (
            select(generations.c.id)
            .where(generations.c.owner == owner, generations.c.deleted.is_(None))
            .where(generations.c.pictures != NO_PICTURES)
            .limit(1)
        )
        with self._database.reading() as connection:
            newer = connection.execute(shown.where(seq > at).order_by(seq.asc())).scalar()
            older = connection.execute(shown.where(seq < at).order_by(seq.desc())).scalar()
        return newer, older

    def owner(self, generation: str) -> tuple[str, bool] | None:
        """Whose a generation is and whether it is deleted; None for an unknown one."""
        wanted = select(generations.c.owner, generations.c.deleted).where(generations.c.id == generation)
        with self._database.reading() as connection:
            found = connection.execute(wanted).first()
        return None if found is None else (found.owner, found.deleted is not None)

    def with_picture(self, owner: str, sha256: str) -> str | None:
        """Id of the owner's newest generation that brought this picture."""
        wanted = (
            select(generations.c.id)
            .join(pictures, pictures.c.seq == generations.c.seq)
            .where(pictures.c.sha256 == sha256, generations.c.owner == owner)
            .where(generations.c.deleted.is_(None))
            .order_by(generations.c.seq.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            return connection.execute(wanted).scalar()

    def origin(self, owner: str, digests: Sequence[str]) -> str | None:
        """Id of the owner's generation that brought the first of these pictures that any did."""
        return next(filter(None, (self.with_picture(owner, digest) for digest in digests)), None)

    def deleted(self, owner: str, ids: Collection[str], since: int) -> list[str]:
        """Which of these ids are the owner's, and deleted at the moment `since` (microseconds) or later."""
        wanted = select(generations.c.id).where(
            generations.c.owner == owner, generations.c.deleted >= since, generations.c.id.in_(ids)
        )
        with self._database.reading() as connection:
            return list(connection.execute(wanted).scalars())

    def last_deleted(self, owner: str, since: int) -> list[str]:
        """What an owner deleted last, all of one press, at the moment `since` (microseconds) or later."""
        theirs = generations.c.owner == owner
        last = select(func.max(generations.c.deleted)).where(theirs, generations.c.deleted >= since)
        wanted = select(generations.c.id).where(theirs, generations.c.deleted == last.scalar_subquery())
        with self._database.reading() as connection:
            return list(connection.execute(wanted).scalars())

    def known(self, owner: str, ids: Collection[str]) -> set[str]:
        """Which of these ids an owner has already, by their own or by the id that they came in with."""
        wanted = select(generations.c.id, generations.c.origin).where(generations.c.owner == owner)
        with self._database.reading() as connection:
            return {name for found in connection.execute(wanted) for name in found if name in ids}

    def relatives(self, owner: str, generation: str) -> set[str]:
        """Ids of all that came from the same beginning as a generation, itself among them."""
        family = {generation}
        with self._database.reading() as connection:
            above: str | None = generation
            while above and len(family) < _MOST_RELATIVES:
                wanted = select(generations.c.parent).where(
                    generations.c.id == above, generations.c.owner == owner
                )
                above = connection.execute(wanted).scalar()
                if above in family:
                    break
                family |= {above} if above else set()
            newest = set(family)
            while newest and len(family) < _MOST_RELATIVES:
                children = select(generations.c.id).where(
                    generations.c.parent.in_(newest), generations.c.owner == owner
                )
                newest = set(connection.execute(children).scalars()) - family
                family |= newest
        return family

    def choices(self, owner: str) -> Choices:
        with self._database.reading() as connection:
            found = [
                tuple(
                    sorted(
                        connection.execute(
                            select(column)
                            .where(generations.c.owner == owner, generations.c.deleted.is_(None))
                            .distinct()
                        ).scalars()
                    )
                )
                for column in (generations.c.mode, generations.c.provider, generations.c.model)
            ]
        return Choices(*found)

    def usage(self, owner: str | None = None) -> tuple[int, int]:
        """Number of generations and bytes, of one owner or of all, input pictures of batches among them; the
        deleted count until they are gone."""
        wanted = select(func.count(), func.coalesce(func.sum(generations.c.bytes), 0))
        given = select(func.coalesce(func.sum(batches.c.bytes), 0))
        if owner is not None:
            wanted = wanted.where(generations.c.owner == owner)
            given = given.where(batches.c.owner == owner)
        with self._database.reading() as connection:
            count, size = connection.execute(wanted).one()
            more = connection.execute(given).scalar_one()
        return int(count), int(size) + int(more)

    def largest(self, limit: int) -> list[tuple[str, int, int]]:
        """Owner, number of generations and bytes of those who have most bytes."""
        size = func.coalesce(func.sum(generations.c.bytes), 0)
        wanted = select(generations.c.owner, func.count(), size).group_by(generations.c.owner)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(size.desc()).limit(limit)).all()
        return [(str(owner), int(count), int(total)) for owner, count, total in rows]

    def count(self, owner: str) -> int:
        """Number of an owner's pictures, without the deleted ones."""
        column = generations.c.pictures
        of_one = func.json_array_length(column if self._database.is_sqlite else cast(column, JSON))
        wanted = select(func.coalesce(func.sum(of_one), 0)).where(
            generations.c.owner == owner, generations.c.deleted.is_(None)
        )
        with self._database.reading() as connection:
            return int(connection.execute(wanted).scalar_one())

    def ids(self) -> set[str]:
        """All of them, whoever's."""
        with self._database.reading() as connection:
            return set(connection.execute(select(generations.c.id)).scalars())

    def unfinished(self) -> set[str]:
        """Ids of jobs that had not ended when they were read: they may have got on since."""
        with self._database.reading() as connection:
            wanted = select(generations.c.id).where(generations.c.seconds.is_(None))
            return set(connection.execute(wanted).scalars())

    def ids_of(self, owner: str) -> list[str]:
        with self._database.reading() as connection:
            return list(
                connection.execute(select(generations.c.id).where(generations.c.owner == owner)).scalars()
            )

    def expired(self, deleted_before: int, created_before: int | None) -> list[str]:
        """Ids whose time is over: deleted long enough ago, or too old and without a star."""
        over = generations.c.deleted < deleted_before
        if created_before is not None:
            over |= (generations.c.created < created_before) & ~generations.c.starred
        with self._database.reading() as connection:
            return list(connection.execute(select(generations.c.id).where(over)).scalars())

    # ── changes ─────────────────────────────────────────────────────────────────────────────────────────────

    def upsert(self, row: Row) -> None:
        """Writes a row; one that is there already is replaced and keeps its place."""
        with self._database.writing() as connection:
            there = connection.execute(_BEFORE, {"id": row.id, "seq": row.created}).all()
            before = next((found for found in there if found.id == row.id), None)
            if before is not None:
                seq = before.seq
                self._forget(connection, before)
            else:
                seq = self._free(connection, row.created + 1) if there else row.created
            self._insert(connection, {seq: row})

    def load(self, rows: Iterable[Row]) -> None:
        """Writes many rows at once; those whose id is there already are left as they are."""
        with self._database.writing() as connection:
            wanted = {row.id: row for row in rows}
            known = select(generations.c.id).where(generations.c.id.in_(wanted))
            for name in connection.execute(known).scalars():
                del wanted[name]
            self._insert(connection, self._placed(connection, wanted.values()))

    def _free(self, connection: Connection, seq: int) -> int:
        """The first key from `seq` on that is free. Nobody else writes meanwhile."""
        while connection.execute(_TAKEN, {"seq": seq}).first():
            seq += 1
        return seq

    def _placed(self, connection: Connection, rows: Iterable[Row]) -> dict[int, Row]:
        """Rows by free keys, in the order of their creation."""
        ordered = sorted(rows, key=lambda row: row.created)
        placed: dict[int, Row] = {}
        taken: set[int] = set()
        looked_to = seq = ordered[0].created if ordered else 0
        for row in ordered:
            seq = max(seq, row.created)
            while True:
                if seq >= looked_to:
                    between = generations.c.seq.between(looked_to, seq + _LOOK_AHEAD)
                    taken |= set(connection.execute(select(generations.c.seq).where(between)).scalars())
                    looked_to = seq + _LOOK_AHEAD + 1
                if seq not in taken:
                    break
                seq += 1
            placed[seq] = row
            seq += 1
        return placed

    def _insert(self, connection: Connection, rows: Mapping[int, Row]) -> None:
        if not rows:
            return
        words = {seq: row.words for seq, row in rows.items()}
        columns = [{"seq": seq, "words": words[seq], **row.columns} for seq, row in rows.items()]
        connection.execute(_ADD, columns)
        digests = [{"sha256": digest, "seq": seq} for seq, row in rows.items() for digest in row.digests]
        if digests:
            connection.execute(_ADD_PICTURE, digests)
        tokens = [{"seq": seq, "tokens": self._tokens(words[seq], row.owner)} for seq, row in rows.items()]
        connection.execute(self._add_tokens, tokens)

    def _tokens(self, words: str, owner: str) -> str | list[int]:
        numbers = search.of_text(words)
        numbers.add(search.of_owner(owner))
        return search.as_document(numbers) if self._database.is_sqlite else sorted(numbers)

    def _forget(self, connection: Connection, row: Any) -> None:
        key = {"seq": row.seq}
        connection.execute(_DROP_PICTURES, key)
        if self._database.is_sqlite:
            connection.execute(_DROP_TOKENS_SQLITE, key | {"tokens": self._tokens(row.words, row.owner)})
        else:
            connection.execute(_DROP_TOKENS_POSTGRESQL, key)
        connection.execute(_DROP, key)

    def star(self, generation: str, starred: bool, stars: Sequence[str]) -> None:
        marks = {"starred": starred, "stars": json.dumps(stars, separators=(",", ":"))}
        with self._database.writing() as connection:
            connection.execute(update(generations).where(generations.c.id == generation).values(marks))

    def mark_deleted(self, ids: Collection[str], when: int | None) -> None:
        with self._database.writing() as connection:
            connection.execute(update(generations).where(generations.c.id.in_(ids)).values(deleted=when))

    def remove(self, ids: Collection[str]) -> None:
        """Takes rows away."""
        with self._database.writing() as connection:
            found = connection.execute(
                select(generations.c.seq, generations.c.owner, generations.c.words).where(
                    generations.c.id.in_(ids)
                )
            ).all()
            for row in found:
                self._forget(connection, row)
