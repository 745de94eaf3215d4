"""One page of the history: the newest rows that a query finds, before a key; or the oldest, after one.

Each engine is asked in the way that is quick for it, and all ways give the same answer. SQLite's full-text
index hands out its row numbers, which are our keys, newest first, and stops when the page is full.
PostgreSQL's inverted index hands out all rows with a piece in them at once, so the newest rows are looked
through first: a common word fills the page there already (measured with 100,000 rows: 2 ms instead of 50).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select, text
from sqlalchemy.engine import Connection

from playground.history import search
from playground.history.models import Query
from playground.history.rows import microseconds
from playground.history.schema import generations, grams_postgresql

SHOWN: Final = (
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
    generations.c.stars,
    generations.c.parent,
    generations.c.pictures,
    generations.c.error_code,
    generations.c.tokens_cost,
)
"""The columns of an entry, in this order."""

Found = Sequence[Any]
"""Rows with the columns of an entry."""

NO_PICTURES: Final = "[]"
"""What stands in the column of the pictures where there are none."""

_NEAR = 2000
_NO_QUERY: Final = Query()
_LATEST: Final = 2**63 - 1

# Built once, because building takes longer than the answer. The limit stands in the statement itself:
# PostgreSQL makes a new plan for every call where it would have to guess it.
_NEWEST = (
    select(*SHOWN)
    .where(
        generations.c.owner == bindparam("owner"),
        generations.c.deleted.is_(None),
        generations.c.seq < bindparam("before"),
    )
    .order_by(generations.c.seq.desc())
    .limit(bindparam("limit", type_=Integer, literal_execute=True))
)


@dataclass(frozen=True)
class PageQuery:
    """What is asked for: at most `limit` of an owner's rows beyond the key `before`, in the query's order."""

    owner: str
    query: Query
    before: int | None
    limit: int

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that have to occur."""
        return search.terms(self.query.text)

    @cached_property
    def numbers(self) -> set[int]:
        """Numbers of the pieces that have to occur, and of the owner."""
        return {search.of_owner(self.owner)}.union(*map(search.of_term, self.words))

    @property
    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Everything that is asked for, but for the words."""
        query = self.query
        yield generations.c.owner == self.owner
        yield generations.c.deleted.is_(None)
        if self.before is not None:
            seq, before = generations.c.seq, self.before
            yield seq > before if query.oldest_first else seq < before
        columns = ((generations.c.mode, query.mode), (generations.c.provider, query.provider))
        for column, value in (*columns, (generations.c.model, query.model)):
            if value:
                yield column == value
        if query.starred:
            yield generations.c.starred
        if query.outcome:
            pictures = generations.c.pictures
            yield pictures == NO_PICTURES if query.outcome == "none" else pictures != NO_PICTURES
        if query.since is not None:
            yield generations.c.seq >= microseconds(query.since)
        if query.until is not None:
            yield generations.c.created < microseconds(query.until)

    def ordered(self, seq: ColumnElement[int]) -> ColumnElement[int]:
        """A key in the order that is asked for."""
        return seq.asc() if self.query.oldest_first else seq.desc()


def rows_sqlite(connection: Connection, page: PageQuery) -> Found:
    """The rows, from SQLite."""
    if not page.words:
        return _unsearched(connection, page)
    match = text("grams MATCH :tokens").bindparams(tokens=search.as_match(page.numbers))
    contained = (func.instr(generations.c.words, word) > 0 for word in page.words)
    wanted = (
        select(*SHOWN)
        .join_from(generations, text("grams"), text("grams.rowid = generations.seq"))
        .where(match, *page.conditions, *contained)
        .order_by(text(f"grams.rowid {'ASC' if page.query.oldest_first else 'DESC'}"))
        .limit(page.limit)
    )
    return connection.execute(wanted).all()


def rows_postgresql(connection: Connection, page: PageQuery) -> Found:
    """The rows, from PostgreSQL."""
    if not page.words:
        return _unsearched(connection, page)
    found = connection.execute(_among_newest(page)).all()
    return found if len(found) == page.limit else connection.execute(_among_all(page)).all()


def _unsearched(connection: Connection, page: PageQuery) -> Found:
    if page.query == _NO_QUERY:
        before = _LATEST if page.before is None else page.before
        known = {"owner": page.owner, "before": before, "limit": page.limit}
        return connection.execute(_NEWEST, known).all()
    wanted = select(*SHOWN).where(*page.conditions).order_by(page.ordered(generations.c.seq))
    return connection.execute(wanted.limit(page.limit)).all()


def _among_newest(page: PageQuery) -> Select[Any]:
    newest = (
        select(*SHOWN, generations.c.words)
        .where(*page.conditions)
        .order_by(page.ordered(generations.c.seq))
        .limit(_NEAR)
        .subquery()
    )
    contained = (func.strpos(newest.c.words, word) > 0 for word in page.words)
    shown = (newest.c[column.name] for column in SHOWN)
    return select(*shown).where(*contained).order_by(page.ordered(newest.c.seq)).limit(page.limit)


def _among_all(page: PageQuery) -> Select[Any]:
    """All keys from the inverted index, then the rows one by one until the page is full.

    OFFSET 0 changes no answer; it keeps PostgreSQL from turning the order of the steps round, which it does
    because it takes every piece to be as common as the next.
    """
    hits = select(grams_postgresql.c.seq).where(grams_postgresql.c.tokens.contains(sorted(page.numbers)))
    unordered = hits.offset(0).subquery()
    keys = select(unordered.c.seq).order_by(page.ordered(unordered.c.seq))
    newest_first = keys.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    contained = (func.strpos(generations.c.words, word) > 0 for word in page.words)
    row = (
        select(*SHOWN)
        .where(generations.c.seq == newest_first.c.seq, *page.conditions, *contained)
        .correlate(newest_first)
        .offset(0)
        .lateral("found")
    )
    return select(*row.c).select_from(newest_first.join(row, text("true"))).limit(page.limit)
