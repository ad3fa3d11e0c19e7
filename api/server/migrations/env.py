"""Alembic's entry point; `api.server.database` hands the connection over."""

from alembic import context

from api.server.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
