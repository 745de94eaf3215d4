"""Questions to the index, and what is written to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, distinct, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from playground.history import grams
from playground.history.database import Database
from playground.history.records import Row, microseconds
from playground.history.schema import generations, grams_postgresql, pictures
from playground.history.values import Choices, Query

_SHOWN = (
    generations.c.seq,
    generations.c.id,
    generations.c.created,
    generations.c.mode,
    generations.c.provider,
    generations.c.model,
    generations.c.prompt,
    generations.c.answer,
    generations.c.seconds,
    generations.c.cost,
    generations.c.starred,
    generations.c.parent,
    generations.c.pictures,
    generations.c.error_code,
)
_MOST_SHARED_MOMENTS = 100_000
_MOST_RELATIVES = 1000
Found = Sequence[Any]
"""Rows with the columns of an entry."""


class Index:
    """One index, whichever engine holds it. Thread-safe. Raises what `Database` raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── questions ───────────────────────────────────────────────────────────────────────────────────────────

    def page(self, owner: str, query: Query, before: int | None, limit: int) -> Found:
        """At most `limit` rows older than the key `before`, newest first."""
        wanted = select(*_SHOWN).where(generations.c.owner == owner, generations.c.deleted.is_(None))
        for condition in _filters(query):
            wanted = wanted.where(condition)
        if before is not None:
            wanted = wanted.where(generations.c.seq < before)
        wanted = wanted.order_by(generations.c.seq.desc()).limit(limit)
        words = grams.terms(query.text)
        with self._database.reading() as connection:
            if not words:
                return connection.execute(wanted).all()
            return connection.execute(self._searched(wanted, owner, words)).all()

    def _searched(self, wanted: Select[Any], owner: str, words: Collection[str]) -> Select[Any]:
        for word in words:
            wanted = wanted.where(self._contains(word))
        numbers = {grams.of_owner(owner)}.union(*map(grams.of_term, words))
        if self._database.is_sqlite:
            tokens = " AND ".join(f'"{_token(number)}"' for number in sorted(numbers))
            match = text("grams MATCH :tokens").bindparams(tokens=tokens)
            table = text("grams")
            return (
                wanted.select_from(generations)
                .join(table, text("grams.rowid = generations.seq"))
                .where(match)
                .order_by(None)
                .order_by(text("grams.rowid DESC"))
            )
        found = grams_postgresql.c.tokens.contains(sorted(numbers))
        return wanted.join(grams_postgresql, grams_postgresql.c.seq == generations.c.seq).where(found)

    def _contains(self, word: str) -> ColumnElement[bool]:
        find = func.instr if self._database.is_sqlite else func.strpos
        return find(generations.c.words, word) > 0

    def find(self, owner: str, ids: Collection[str]) -> Found:
        """The rows of these ids, as far as they are the owner's and not deleted; newest first."""
        wanted = (
            select(*_SHOWN)
            .where(generations.c.owner == owner, generations.c.deleted.is_(None))
            .where(generations.c.id.in_(ids))
            .order_by(generations.c.seq.desc())
        )
        with self._database.reading() as connection:
            return connection.execute(wanted).all()

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

    def known(self, owner: str, ids: Collection[str]) -> set[str]:
        """Which of these ids an owner has already, by their own or by the id that they came in with."""
        wanted = select(generations.c.id, generations.c.origin).where(
            generations.c.owner == owner,
            generations.c.id.in_(ids) | generations.c.origin.in_(ids),
        )
        with self._database.reading() as connection:
            return {name for found in connection.execute(wanted) for name in found if name in ids}

    def relatives(self, owner: str, generation: str) -> set[str]:
        """Ids of a generation, of what it came from and of what came of it."""
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
            newest = {generation}
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
                            select(distinct(column)).where(
                                generations.c.owner == owner, generations.c.deleted.is_(None)
                            )
                        ).scalars()
                    )
                )
                for column in (generations.c.mode, generations.c.provider, generations.c.model)
            ]
        return Choices(*found)

    def usage(self, owner: str | None = None) -> tuple[int, int]:
        """Number of generations and bytes, of one owner or of all; the deleted count until they are gone."""
        wanted = select(func.count(), func.coalesce(func.sum(generations.c.bytes), 0))
        if owner is not None:
            wanted = wanted.where(generations.c.owner == owner)
        with self._database.reading() as connection:
            count, size = connection.execute(wanted).one()
        return int(count), int(size)

    def ids(self) -> set[str]:
        """All of them, whoever's."""
        with self._database.reading() as connection:
            return set(connection.execute(select(generations.c.id)).scalars())

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

    def put(self, rows: Iterable[Row]) -> None:
        """Writes rows; one that is there already is replaced and keeps its place."""
        with self._database.writing() as connection:
            for row in rows:
                self._put(connection, row)

    def _put(self, connection: Connection, row: Row) -> None:
        before = connection.execute(
            select(generations.c.seq, generations.c.owner, generations.c.words).where(
                generations.c.id == row.id
            )
        ).first()
        values = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
        values |= {"words": row.words}
        digests = values.pop("digests")
        if before is None:
            seq = self._insert(connection, values)
        else:
            seq = before.seq
            self._forget(connection, seq, before.owner, before.words)
            connection.execute(update(generations).where(generations.c.seq == seq).values(values))
        self._index(connection, seq, row.owner, values["words"])
        if digests:
            connection.execute(pictures.insert(), [{"sha256": digest, "seq": seq} for digest in digests])

    def _insert(self, connection: Connection, values: Mapping[str, Any]) -> int:
        dialect = sqlite if self._database.is_sqlite else postgresql
        seq = int(values["created"])
        for _ in range(_MOST_SHARED_MOMENTS):
            added = dialect.insert(generations).values(seq=seq, **values)
            done = connection.execute(added.on_conflict_do_nothing(index_elements=["seq"]))
            if done.rowcount:
                return seq
            seq += 1
        raise OverflowError("too many generations of one moment")

    def _index(self, connection: Connection, seq: int, owner: str, words: str) -> None:
        numbers = sorted(grams.of_text(words) | {grams.of_owner(owner)})
        if self._database.is_sqlite:
            tokens = " ".join(map(_token, numbers))
            connection.execute(
                text("INSERT INTO grams(rowid, tokens) VALUES (:seq, :tokens)"),
                {"seq": seq, "tokens": tokens},
            )
        else:
            connection.execute(grams_postgresql.insert().values(seq=seq, tokens=numbers))

    def _forget(self, connection: Connection, seq: int, owner: str, words: str) -> None:
        connection.execute(delete(pictures).where(pictures.c.seq == seq))
        if self._database.is_sqlite:
            numbers = sorted(grams.of_text(words) | {grams.of_owner(owner)})
            connection.execute(
                text("INSERT INTO grams(grams, rowid, tokens) VALUES ('delete', :seq, :tokens)"),
                {"seq": seq, "tokens": " ".join(map(_token, numbers))},
            )
        else:
            connection.execute(delete(grams_postgresql).where(grams_postgresql.c.seq == seq))

    def star(self, generation: str, on: bool) -> None:
        with self._database.writing() as connection:
            connection.execute(update(generations).where(generations.c.id == generation).values(starred=on))

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
                self._forget(connection, row.seq, row.owner, row.words)
                connection.execute(delete(generations).where(generations.c.seq == row.seq))


def _filters(query: Query) -> Iterable[ColumnElement[bool]]:
    columns = ((generations.c.mode, query.mode), (generations.c.provider, query.provider))
    for column, value in (*columns, (generations.c.model, query.model)):
        if value:
            yield column == value
    if query.starred:
        yield generations.c.starred
    if query.since is not None:
        yield generations.c.seq >= microseconds(query.since)
    if query.until is not None:
        yield generations.c.created < microseconds(query.until)


def _token(number: int) -> str:
    return f"{number + 2**31:x}"
