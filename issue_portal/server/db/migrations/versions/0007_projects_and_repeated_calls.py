"""Names of projects, the answers to repeated calls, and an index of the threads of issues."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and the index."""
    op.create_table(
        "projects",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
    )
    op.create_table(
        "repeatable_calls",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("key_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("body_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("outcome", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
    )
    op.create_index("ix_repeatable_calls_created_at", "repeatable_calls", ["org_id", "created_at"])
    has_thread = sa.text("thread_id IS NOT NULL")
    op.create_index(
        "ix_issues_thread_id",
        "issues",
        ["org_id", "thread_id", "number", "state", "type", "created_at"],
        sqlite_where=has_thread,
        postgresql_where=has_thread,
    )
