"""Run by Alembic. The connection, and the transaction and lock it is in, are the caller's."""

from __future__ import annotations

from alembic import context

from gateway.state.migrations import FOREIGN_TABLES
from gateway.state.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,  # the caller's transaction holds all of it, on SQLite too
    include_name=lambda name, kind, _: kind != "table" or name not in FOREIGN_TABLES,
)
with context.begin_transaction():
    context.run_migrations()
