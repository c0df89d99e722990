"""Alembic's way in; called by `frontdesk.records.migrate` with a connection at hand."""

from alembic import context

from frontdesk.records.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
