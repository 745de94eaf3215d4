"""The tables of the index, for asking. How they come about is in `migrations`.

`seq` is the moment of creation in microseconds, moved on by one where two share it: the key, the order of
the pages and the row number of the search index are one number.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

_metadata = MetaData()
_SEQ: Final = BigInteger().with_variant(Integer, "sqlite")

generations = Table(
    "generations",
    _metadata,
    Column("seq", _SEQ, primary_key=True, autoincrement=False),
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
    Column("tokens_cost", Float),
    Column("shares", Text, nullable=False, server_default=""),
    Column("starred", Boolean, nullable=False),
    Column("stars", Text, nullable=False),
    Column("parent", String),
    Column("origin", String),
    Column("error_code", String, nullable=False),
    Column("pictures", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("deleted", BigInteger),
)

pictures = Table(
    "pictures",
    _metadata,
    Column("sha256", String(64), primary_key=True),
    Column("seq", _SEQ, primary_key=True),
)

# With SQLite, `grams` is a full-text table, which has no columns of its own to speak of.
grams_postgresql = Table(
    "grams",
    _metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("tokens", ARRAY(Integer), nullable=False),
)

# What processes tell one another of their jobs, see `notices`; with SQLite it stays empty.
jobs = Table(
    "jobs",
    _metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("token", String, nullable=False),
    Column("process", String, nullable=False),
    Column("state", String, nullable=False),
    Column("seen", DateTime(timezone=True), nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("record", Text, nullable=False),
    Column("progress", Text, nullable=False),
)

# What each press may have cost, see `ledger`, and what people want to spend at most.
charges = Table(
    "charges",
    _metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("network", String, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("dollars", Float, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("is_operators", Boolean, nullable=False),
)
spending_limits = Table(
    "spending_limits",
    _metadata,
    Column("owner", String, primary_key=True),
    Column("day", Float),
    Column("month", Float),
    Column("unknown", Integer),
    Column("zone", String, nullable=False, server_default=""),
)

# Many calls at one press, see `batches`.
batches = Table(
    "batches",
    _metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("network", String, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("facts", Text, nullable=False),
    Column("via", String, nullable=False),
    Column("needs_key", Boolean, nullable=False),
    Column("holder", String, nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("lease", BigInteger, nullable=False, server_default="0"),
    Column("note", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
)
batch_rows = Table(
    "batch_rows",
    _metadata,
    Column("batch", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, nullable=False),
    Column("fields", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("code", String, nullable=False),
    Column("facts", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("price", Float),
    Column("seconds", Float),
    Column("pictures", Integer, nullable=False),
)
