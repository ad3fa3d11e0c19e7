"""The first tables: organisations, users, tokens, issues, history, idempotency.

Does not use `issue_portal.server.db.tables`: that module changes over time, a migration does not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables.

    Longer than 40 lines because it lists every column as it was at this revision.
    """
    op.create_table(
        "organisations",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("slug", sa.String(100), nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_issue_number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("account_id", sa.String(40), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
    )
    op.create_index("ix_users_email", "users", ["org_id", "email"], unique=True)
    op.create_table(
        "tokens",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.ForeignKeyConstraint(["org_id", "user_id"], ["users.org_id", "users.id"]),
    )
    op.create_index("ix_tokens_hash", "tokens", ["org_id", "hash"], unique=True)
    op.create_table(
        "issues",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("resource_type", sa.String(20), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("is_read", sa.Boolean, nullable=False),
        sa.Column("thread_id", sa.Text),
        sa.Column("reported_interaction_id", sa.Text),
        sa.Column("project_id", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(40)),
        sa.Column("receipt_hash", sa.LargeBinary(32)),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
        sa.ForeignKeyConstraint(["org_id", "created_by"], ["users.org_id", "users.id"]),
    )
    op.create_index("ix_issues_number", "issues", ["org_id", "number"], unique=True)
    op.create_index("ix_issues_state", "issues", ["org_id", "state", "number"])
    op.create_index("ix_issues_created_by", "issues", ["org_id", "created_by", "number"])
    op.create_index("ix_issues_created_at", "issues", ["org_id", "created_at"])
    op.create_index("ix_issues_receipt", "issues", ["org_id", "receipt_hash"], unique=True)
    op.create_table(
        "history",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("issue_id", sa.String(40), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(40)),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "issue_id"], ["issues.org_id", "issues.id"]),
        sa.ForeignKeyConstraint(["org_id", "actor"], ["users.org_id", "users.id"]),
    )
    op.create_table(
        "idempotency",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("key_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("body_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("issue_id", sa.String(40), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "issue_id"], ["issues.org_id", "issues.id"]),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["org_id", "created_at"])
