"""Batches, and what became of each of their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("network", sa.String, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("via", sa.String, nullable=False),
        sa.Column("needs_key", sa.Boolean, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    for name, columns in {"owner": ["owner", "created"], "state": ["state"]}.items():
        op.create_index(f"batches_{name}", "batches", columns)
    op.create_table(
        "batch_rows",
        sa.Column("batch", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("price", sa.Float),
        sa.Column("seconds", sa.Float),
        sa.Column("pictures", sa.Integer, nullable=False),
    )
    op.create_index("batch_rows_state", "batch_rows", ["state", "batch"])
