"""Under which lease a batch is run: what was begun under another one counts no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("batches", sa.Column("lease", sa.BigInteger, nullable=False, server_default="0"))
