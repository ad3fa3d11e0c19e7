"""Alembic's entry point. `issue_portal.server.db.database` supplies the connection."""

from alembic import context

from issue_portal.server.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
