"""Names and scopes of API tokens, and an index of the tokens of each user."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the index. Existing tokens have no name and keep all scopes."""
    op.add_column("tokens", sa.Column("name", sa.Text))
    op.add_column("tokens", sa.Column("scopes", sa.Text))
    op.create_index("ix_tokens_user_id", "tokens", ["org_id", "user_id"])
