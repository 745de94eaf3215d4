"""The time zone that limits of a day and a month are of; what each model of a comparison has cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("spending_limits", sa.Column("zone", sa.String, nullable=False, server_default=""))
    op.add_column("generations", sa.Column("shares", sa.Text, nullable=False, server_default=""))
