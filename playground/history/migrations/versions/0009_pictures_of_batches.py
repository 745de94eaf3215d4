"""What batches keep of input pictures, which counts with the rest that an owner keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("batches", sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"))
