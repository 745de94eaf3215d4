"""What Alembic runs: the pending changes, on the connection and in the transaction of its caller."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
