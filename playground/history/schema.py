"""The tables of the index. How they came about is in `migrations`; a test holds the two together.

`seq` is the moment of creation in microseconds, moved on by one where two share it: the key, the order of
the pages and the row number of the search index are one number.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

REVISION = "0001"
"""The newest migration. An index with any that is not known here was written by a newer release."""

metadata = MetaData()
_Seq = BigInteger().with_variant(Integer, "sqlite")

generations = Table(
    "generations",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("owner", String, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("mode", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("model", String, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("seconds", Float),
    Column("cost", Float),
    Column("starred", Boolean, nullable=False),
    Column("parent", String),
    Column("origin", String),
    Column("error_code", String, nullable=False),
    Column("pictures", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("deleted", BigInteger),
    Index("generations_newest", "owner", "seq"),
    Index("generations_mode", "owner", "mode", "seq"),
    Index("generations_provider", "owner", "provider", "seq"),
    Index("generations_model", "owner", "model", "seq"),
    Index(
        "generations_starred",
        "owner",
        "seq",
        sqlite_where=text("starred"),
        postgresql_where=text("starred"),
    ),
    Index("generations_bytes", "owner", "bytes"),
    Index("generations_parent", "parent"),
    Index("generations_origin", "origin"),
    Index("generations_deleted", "deleted"),
)

pictures = Table(
    "pictures",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("seq", _Seq, primary_key=True),
    Index("pictures_seq", "seq"),
)

GRAMS_SQLITE = """CREATE VIRTUAL TABLE grams USING fts5(
    tokens, content='', detail=none, columnsize=0, tokenize='ascii')"""

grams_postgresql = Table(
    "grams",
    MetaData(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("tokens", ARRAY(Integer), nullable=False),
    Index("grams_tokens", "tokens", postgresql_using="gin"),
)
