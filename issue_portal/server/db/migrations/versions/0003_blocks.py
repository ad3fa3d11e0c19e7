"""Counts per block of 4,096 issue numbers, so that lists and totals need not read all issues.

Triggers update the counts in the transaction that changes an issue.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SIZE = 4096
ALL = -1
"""Block number of the counts of all issues."""

LOCK = 7_245_309
"""First key of the PostgreSQL advisory locks on counts; the second key is the organisation."""

FILTER_COLUMNS = ["number", "state", "type", "created_at"]
"""Columns that filters use. With them, an index suffices to count and skip issues."""

COLUMNS = "org_id, block, state, type, count, first_at, last_at"


def upgrade() -> None:
    """Create and fill the table, then replace the indexes."""
    op.create_table(
        "issue_blocks",
        sa.Column("org_id", sa.String(40), primary_key=True),
        sa.Column("block", sa.BigInteger, primary_key=True),
        sa.Column("state", sa.String(20), primary_key=True),
        sa.Column("type", sa.String(20), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
    )
    for block in (f"number / {SIZE}", ALL):
        op.execute(
            f"INSERT INTO issue_blocks ({COLUMNS})"
            f" SELECT org_id, {block}, state, type, count(*), min(created_at), max(created_at)"
            " FROM issues GROUP BY 1, 2, 3, 4"
        )
    if op.get_bind().dialect.name == "sqlite":
        _create_triggers_on_sqlite()
    else:
        _create_triggers_on_postgresql()
    _replace_indexes()


def _create_triggers_on_sqlite() -> None:
    increment, decrement = _build_increment("min", "max"), _build_decrement()
    for name, event, body in (
        ("add", "INSERT", increment),
        ("drop", "DELETE", decrement),
        ("change", "UPDATE OF number, state, type, created_at", decrement + increment),
    ):
        op.execute(f"CREATE TRIGGER issue_blocks_{name} AFTER {event} ON issues BEGIN {body} END")


def _create_triggers_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION follow_issue_blocks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        # One transaction at a time: updates of the counts in different orders would deadlock.
        f" PERFORM pg_advisory_xact_lock({LOCK}, hashtext(coalesce(new.org_id, old.org_id)));"
        f" IF TG_OP <> 'INSERT' THEN {_build_decrement()} END IF;"
        f" IF TG_OP <> 'DELETE' THEN {_build_increment('least', 'greatest')} END IF;"
        " RETURN NULL; END $$"
    )
    for name, event in (
        ("exist", "INSERT OR DELETE"),
        ("change", "UPDATE OF number, state, type, created_at"),
    ):
        op.execute(
            f"CREATE TRIGGER issue_blocks_{name} AFTER {event} ON issues"
            " FOR EACH ROW EXECUTE FUNCTION follow_issue_blocks()"
        )


def _build_increment(least: str, greatest: str) -> str:
    return "".join(
        f"INSERT INTO issue_blocks ({COLUMNS}) VALUES (new.org_id, {block}, new.state, new.type, 1,"
        " new.created_at, new.created_at)"
        " ON CONFLICT (org_id, block, state, type) DO UPDATE SET count = issue_blocks.count + 1,"
        f" first_at = {least}(issue_blocks.first_at, excluded.first_at),"
        f" last_at = {greatest}(issue_blocks.last_at, excluded.last_at);"
        for block in (f"new.number / {SIZE}", ALL)
    )


def _build_decrement() -> str:
    return (
        "UPDATE issue_blocks SET count = count - 1 WHERE org_id = old.org_id"
        f" AND block IN (old.number / {SIZE}, {ALL}) AND state = old.state AND type = old.type;"
    )


def _replace_indexes() -> None:
    for name in ("created_at", "created_by", "receipt"):
        op.drop_index(f"ix_issues_{name}", "issues")
    op.create_index("ix_issues_listed", "issues", ["org_id", *FILTER_COLUMNS])
    for column, more in (
        ("created_by", FILTER_COLUMNS),
        ("project_id", FILTER_COLUMNS),
        ("closed_at", ["state"]),
        ("receipt_hash", []),
    ):
        is_not_null = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_issues_{column}",
            "issues",
            ["org_id", column, *more],
            unique=column == "receipt_hash",
            sqlite_where=is_not_null,
            postgresql_where=is_not_null,
        )
