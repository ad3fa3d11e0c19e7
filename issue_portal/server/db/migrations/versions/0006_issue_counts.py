"""Counts per day of creation, which the program maintains, instead of triggers."""

from collections import Counter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DAY = 86_400
QUARTER_HOUR = 900
ALL_DAYS = -1
BATCH = 10_000


def upgrade() -> None:
    """Create and fill the tables; remove the counts per block and their triggers."""
    _drop_blocks(op.get_bind().dialect.name)
    op.create_table(
        "issue_counts",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("project_id", sa.Text, primary_key=True),
        sa.Column("type", sa.String(20), primary_key=True),
        sa.Column("state", sa.String(20), primary_key=True),
        sa.Column("anonymous", sa.Boolean, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("unread", sa.BigInteger, nullable=False),
        sa.Column("first_number", sa.BigInteger, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
    )
    op.create_table(
        "issue_durations",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("until", sa.String(20), primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
    )
    op.create_table(
        "issue_quarter_hours",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("quarter_hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
    )
    _fill_counts()
    _fill_quarter_hours()
    _fill_durations()


def _drop_blocks(dialect: str) -> None:
    if dialect == "sqlite":
        for name in ("add", "drop", "change"):
            op.execute(f"DROP TRIGGER issue_blocks_{name}")
    else:
        for name in ("exist", "change"):
            op.execute(f"DROP TRIGGER issue_blocks_{name} ON issues")
        op.execute("DROP FUNCTION follow_issue_blocks()")
    op.drop_table("issue_blocks")


def _fill_counts() -> None:
    for day in (f"created_at / {DAY}", ALL_DAYS):
        op.execute(
            "INSERT INTO issue_counts SELECT org_id, day, project, type, state, anonymous,"
            " count(*), sum(unread), min(number), max(number) FROM"
            f" (SELECT org_id, {day} AS day, coalesce(project_id, '') AS project, type, state,"
            " created_by IS NULL AS anonymous, CASE WHEN is_read THEN 0 ELSE 1 END AS unread,"
            " number FROM issues) AS counted"
            " GROUP BY org_id, day, project, type, state, anonymous"
        )


def _fill_quarter_hours() -> None:
    op.execute(
        "INSERT INTO issue_quarter_hours"
        " SELECT org_id, quarter_hour, sum(created), sum(closed) FROM"
        f" (SELECT org_id, created_at / {QUARTER_HOUR} AS quarter_hour, 1 AS created, 0 AS closed"
        " FROM issues WHERE state <> 'Deleted' UNION ALL"
        f" SELECT org_id, closed_at / {QUARTER_HOUR}, 0, 1"
        " FROM issues WHERE state <> 'Deleted' AND closed_at IS NOT NULL) AS times"
        " GROUP BY org_id, quarter_hour"
    )


def _fill_durations() -> None:
    connection = op.get_bind()
    counts: Counter[tuple[Any, ...]] = Counter()
    for column in ("reviewed_at", "closed_at"):
        rows = connection.execute(
            sa.text(
                f"SELECT org_id, created_at, {column} FROM issues"
                f" WHERE state <> 'Deleted' AND {column} IS NOT NULL"
            )
        )
        for org_id, created_at, at in rows:
            counts[org_id, created_at // DAY, column, _find_bucket(at - created_at)] += 1
    durations = sa.table(
        "issue_durations", *map(sa.column, ("org_id", "day", "until", "bucket", "count"))
    )
    names = [column.name for column in durations.c]
    values = [dict(zip(names, (*key, count), strict=True)) for key, count in counts.items()]
    for start in range(0, len(values), BATCH):
        connection.execute(sa.insert(durations), values[start : start + BATCH])


def _find_bucket(seconds: int) -> int:
    shift = max(0, max(0, seconds).bit_length() - 5)
    return (shift << 4) + (max(0, seconds) >> shift)
