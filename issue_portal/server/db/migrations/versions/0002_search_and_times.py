"""Text search, times of review and closing, and the last use of tokens.

On SQLite, issues get a column ``key``: the search index refers to rowids, and SQLite may change a
rowid that is not a column.
"""

import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPTIONAL_TEXT_COLUMNS = ("thread_id", "reported_interaction_id", "project_id")


def upgrade() -> None:
    """Add the columns, fill them, and build the index."""
    op.add_column("tokens", sa.Column("last_used_at", sa.BigInteger))
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _rebuild_for_sqlite()
    else:
        op.add_column("issues", sa.Column("search_text", sa.Text))
        op.add_column("issues", sa.Column("reviewed_at", sa.BigInteger))
        op.add_column("issues", sa.Column("closed_at", sa.BigInteger))
    _fill(connection)
    if connection.dialect.name == "sqlite":
        _index_for_sqlite()
    else:
        op.alter_column("issues", "search_text", nullable=False)
        _index_for_postgresql()


def _rebuild_for_sqlite() -> None:
    op.create_table(
        "new_issues",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("org_id", sa.String(40), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("resource_type", sa.String(20), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("is_read", sa.Boolean, nullable=False),
        *[sa.Column(name, sa.Text) for name in OPTIONAL_TEXT_COLUMNS],
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("reviewed_at", sa.BigInteger),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("created_by", sa.String(40)),
        sa.Column("receipt_hash", sa.LargeBinary(32)),
        sa.UniqueConstraint("org_id", "id"),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
        sa.ForeignKeyConstraint(["org_id", "created_by"], ["users.org_id", "users.id"]),
    )
    op.execute(
        "INSERT INTO new_issues (org_id, id, number, description, search_text, resource_type, type,"
        " state, is_read, thread_id, reported_interaction_id, project_id, created_at, updated_at,"
        " created_by, receipt_hash)"
        " SELECT org_id, id, number, description, '', resource_type, type, state, is_read,"
        " thread_id, reported_interaction_id, project_id, created_at, updated_at, created_by,"
        " receipt_hash FROM issues ORDER BY org_id, number"
    )
    op.drop_table("issues")
    op.rename_table("new_issues", "issues")
    op.create_index("ix_issues_number", "issues", ["org_id", "number"], unique=True)
    op.create_index("ix_issues_state", "issues", ["org_id", "state", "number"])
    op.create_index("ix_issues_created_by", "issues", ["org_id", "created_by", "number"])
    op.create_index("ix_issues_created_at", "issues", ["org_id", "created_at"])
    op.create_index("ix_issues_receipt", "issues", ["org_id", "receipt_hash"], unique=True)


def _fill(connection: sa.Connection) -> None:
    issues = sa.table(
        "issues",
        *[sa.column(name) for name in ("org_id", "id", "description", "search_text")],
        *[sa.column(name) for name in ("reviewed_at", "closed_at", "updated_at", "state")],
    )
    history = sa.table(
        "history",
        *[sa.column(name) for name in ("org_id", "issue_id", "position", "at")],
        sa.column("changes", sa.JSON),
    )
    same_issue = (issues.c.org_id == sa.bindparam("org"), issues.c.id == sa.bindparam("issue"))
    rows = connection.execute(sa.select(issues.c.org_id, issues.c.id, issues.c.description)).all()
    for start in range(0, len(rows), 1000):
        connection.execute(
            sa.update(issues).where(*same_issue).values(search_text=sa.bindparam("folded")),
            [
                {"org": org, "issue": issue, "folded": _fold(description)}
                for org, issue, description in rows[start : start + 1000]
            ],
        )
    reviewed: dict[tuple[str, str], int] = {}
    closed: dict[tuple[str, str], int | None] = {}
    events = sa.select(history).order_by(history.c.org_id, history.c.issue_id, history.c.position)
    for org, issue, _, at, changes in connection.execute(events):
        for change in changes:
            if change["field"] == "state" and change["new"] != "Deleted":
                reviewed.setdefault((org, issue), at)
                closed[org, issue] = at if change["new"] == "Closed" else None
    times: list[dict[str, Any]] = [
        {"org": org, "issue": issue, "reviewed": at, "closed": closed[org, issue]}
        for (org, issue), at in reviewed.items()
    ]
    if times:
        connection.execute(
            sa.update(issues)
            .where(*same_issue)
            .values(reviewed_at=sa.bindparam("reviewed"), closed_at=sa.bindparam("closed")),
            times,
        )


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _index_for_sqlite() -> None:
    # A search also compares the texts, so the index needs no positions (detail) and no sizes.
    op.execute(
        "CREATE VIRTUAL TABLE issue_text USING fts5(search_text, content='issues',"
        " content_rowid='key', detail=none, columnsize=0, tokenize='trigram case_sensitive 1')"
    )
    op.execute("INSERT INTO issue_text (issue_text) VALUES ('rebuild')")
    add = "INSERT INTO issue_text (rowid, search_text) VALUES (new.key, new.search_text);"
    drop = (
        "INSERT INTO issue_text (issue_text, rowid, search_text)"
        " VALUES ('delete', old.key, old.search_text);"
    )
    op.execute(f"CREATE TRIGGER issue_text_add AFTER INSERT ON issues BEGIN {add} END")
    op.execute(f"CREATE TRIGGER issue_text_drop AFTER DELETE ON issues BEGIN {drop} END")
    op.execute(
        "CREATE TRIGGER issue_text_change AFTER UPDATE OF search_text ON issues"
        f" BEGIN {drop} {add} END"
    )


def _index_for_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION issue_trigrams(text) RETURNS text[]"
        # With a high cost, PostgreSQL uses the index instead of calling the function per row.
        " LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$"
        " SELECT coalesce(array_agg(DISTINCT trigram), '{}') FROM"
        " (SELECT a || lead(a) OVER w || lead(a, 2) OVER w AS trigram"
        " FROM unnest(string_to_array($1, NULL)) WITH ORDINALITY AS letters (a, n)"
        " WINDOW w AS (ORDER BY n)) AS trigrams WHERE trigram IS NOT NULL $$"
    )
    op.execute("CREATE INDEX ix_issues_search ON issues USING gin (issue_trigrams(search_text))")
