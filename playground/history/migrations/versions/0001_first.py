"""The first index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0001"
down_revision = None


_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_generations()
    _create_indexes()
    _create_pictures()
    _create_grams()


def _create_generations() -> None:
    op.create_table(
        "generations",
        sa.Column("seq", _KEY, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("cost", sa.Float),
        sa.Column("starred", sa.Boolean, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("origin", sa.String),
        sa.Column("error_code", sa.String, nullable=False),
        sa.Column("pictures", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.BigInteger),
    )


def _create_indexes() -> None:
    for name, columns in {
        "newest": ["owner", "seq"],
        "mode": ["owner", "mode", "seq"],
        "provider": ["owner", "provider", "seq"],
        "model": ["owner", "model", "seq"],
        "bytes": ["owner", "bytes"],
        "parent": ["parent"],
        "origin": ["origin"],
        "deleted": ["deleted"],
    }.items():
        op.create_index(f"generations_{name}", "generations", columns)
    starred = sa.text("starred")
    op.create_index(
        "generations_starred", "generations", ["owner", "seq"], sqlite_where=starred, postgresql_where=starred
    )


def _create_pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("seq", _KEY, primary_key=True),
    )
    op.create_index("pictures_seq", "pictures", ["seq"])


def _create_grams() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE grams USING fts5("
            "tokens, content='', detail=none, columnsize=0, tokenize='ascii')"
        )
        return
    op.create_table(
        "grams",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tokens", ARRAY(sa.Integer), nullable=False),
    )
    # No list of pending entries: every search would read it from end to end.
    op.create_index(
        "grams_tokens", "grams", ["tokens"], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
    )
