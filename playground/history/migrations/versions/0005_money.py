"""What the tokens of answers cost; what was spent, and the limits that people have set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("generations", sa.Column("tokens_cost", sa.Float))
    op.create_table(
        "charges",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("network", sa.String, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("dollars", sa.Float, nullable=False),
        sa.Column("unknown", sa.Integer, nullable=False),
        sa.Column("is_operators", sa.Boolean, nullable=False),
    )
    for name, columns in {"owner": ["owner", "created"], "created": ["created"]}.items():
        op.create_index(f"charges_{name}", "charges", columns)
    op.create_table(
        "spending_limits",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("day", sa.Float),
        sa.Column("month", sa.Float),
        sa.Column("unknown", sa.Integer),
    )
