"""Pictures have stars of their own; what had one before has it as a whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("generations", sa.Column("stars", sa.Text, nullable=False, server_default="[]"))
