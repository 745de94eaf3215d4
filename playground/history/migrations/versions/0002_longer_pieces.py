"""Pieces of four ASCII characters too: the search index is filled again, from the words it is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from playground.history import search

revision = "0002"
down_revision = "0001"
_AT_ONCE = 1000
_PENDING_KIB = 128
_ADD_SQLITE = "INSERT INTO grams(rowid, tokens) VALUES (:seq, :tokens)"
_ADD_POSTGRESQL = "INSERT INTO grams(seq, tokens) VALUES (:seq, :tokens)"


def upgrade() -> None:
    is_sqlite = op.get_context().dialect.name == "sqlite"
    _empty(is_sqlite)
    connection = op.get_bind()
    rows = sa.text("SELECT seq, owner, words FROM generations WHERE seq > :after ORDER BY seq LIMIT :some")
    add = sa.text(_ADD_SQLITE if is_sqlite else _ADD_POSTGRESQL)
    some = connection.execute(rows, {"after": -1, "some": _AT_ONCE}).all()
    while some:
        numbered = {row.seq: search.of_text(row.words) | {search.of_owner(row.owner)} for row in some}
        tokens = {seq: search.as_document(of) if is_sqlite else sorted(of) for seq, of in numbered.items()}
        connection.execute(add, [{"seq": seq, "tokens": value} for seq, value in tokens.items()])
        some = connection.execute(rows, {"after": some[-1].seq, "some": _AT_ONCE}).all()
    if not is_sqlite:
        _index_postgresql()


def _empty(is_sqlite: bool) -> None:
    if is_sqlite:
        op.execute("DROP TABLE grams")
        op.execute(
            "CREATE VIRTUAL TABLE grams USING fts5("
            "tokens, content='', detail=none, columnsize=0, tokenize='ascii')"
        )
    else:
        op.drop_index("grams_tokens")  # filling first and indexing afterwards takes a twentieth of the time
        op.execute("TRUNCATE grams")


def _index_postgresql() -> None:
    """With a short list of pending entries, because every search reads all of it.

    Emptying it falls on every 25th generation or so; without it, each would pay four times as much.
    """
    op.create_index(
        "grams_tokens",
        "grams",
        ["tokens"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": _PENDING_KIB},
    )
