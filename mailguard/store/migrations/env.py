"""Runs the migrations on the connection that the store opened; alembic's own command line has no database to open."""

from alembic import context

from mailguard.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
