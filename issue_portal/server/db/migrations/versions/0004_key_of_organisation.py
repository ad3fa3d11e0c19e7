"""Fingerprint of the secret key, to detect the use of a database with another key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, which the next start fills."""
    op.add_column("organisations", sa.Column("key_fingerprint", sa.String(16)))
