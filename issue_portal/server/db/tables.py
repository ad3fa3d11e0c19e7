"""The database tables.

Every key and index starts with the organisation, so that Citus can distribute the rows over several
machines. docs/scaling.md names the exceptions.

Times are seconds since 1970 (UTC). Only the migrations define the search index (see `search`). On
SQLite, they also define the column ``key`` of issues, to which the index refers.

Nothing ties an anonymous issue to a person: ``created_by`` is null, and so is the actor of its
first history entry.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    insert,
    text,
)
from sqlalchemy.exc import IntegrityError

from issue_portal.models.vocabulary import ResourceType

metadata = MetaData()

organisations = Table(
    "organisations",
    metadata,
    Column("org_id", String(40), primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    # The highest issue number. The row is locked while the number increases, so numbers are unique.
    Column("last_issue_number", BigInteger, nullable=False),
    # Fingerprint of the newest secret key at the last start; null before the first start.
    Column("key_fingerprint", String(16)),
)

users = Table(
    "users",
    metadata,
    Column("org_id", String(40), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("account_id", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", String(320), nullable=False),
    Column("state", String(20), nullable=False),
    Column("role", String(20), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_users_email", "org_id", "email", unique=True),
    ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
)

tokens = Table(
    "tokens",
    metadata,
    Column("org_id", String(40), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("hash", LargeBinary(32), nullable=False),
    Column("user_id", String(40), nullable=False),
    Column("role", String(20), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    # Start of the day of the last use. Anonymous reports do not count as use.
    Column("last_used_at", BigInteger),
    # Null for tokens of versions before 0008, and if the command line gave none.
    Column("name", Text),
    # Separated by spaces; null for all scopes, including those of later versions.
    Column("scopes", Text),
    Index("ix_tokens_hash", "org_id", "hash", unique=True),
    Index("ix_tokens_user_id", "org_id", "user_id"),
    ForeignKeyConstraint(["org_id", "user_id"], ["users.org_id", "users.id"]),
)


def _index_not_null(column: str, *more: str, unique: bool = False) -> Index:
    """Return an index of the issues in which the column is not null."""
    is_not_null = text(f"{column} IS NOT NULL")
    return Index(
        f"ix_issues_{column}",
        "org_id",
        column,
        *more,
        unique=unique,
        sqlite_where=is_not_null,
        postgresql_where=is_not_null,
    )


issues = Table(
    "issues",
    metadata,
    Column("org_id", String(40), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("number", BigInteger, nullable=False),
    # "" for an issue without a description: to allow nulls, SQLite would have to copy the table.
    Column("description", Text, nullable=False),
    # The description, folded by `search.fold`.
    Column("search_text", Text, nullable=False),
    Column("resource_type", String(20), nullable=False),
    Column("type", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("is_read", Boolean, nullable=False),
    Column("thread_id", Text),
    Column("reported_interaction_id", Text),
    Column("project_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # When the issue first left NotReviewed, and when it was closed; null if it is open.
    Column("reviewed_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("created_by", String(40)),
    Column("receipt_hash", LargeBinary(32)),
    Index("ix_issues_number", "org_id", "number", unique=True),
    Index("ix_issues_state", "org_id", "state", "number"),
    # Has every column that filters use, so that counts and OFFSET read only the index.
    Index("ix_issues_listed", "org_id", "number", "state", "type", "created_at"),
    _index_not_null("created_by", "number", "state", "type", "created_at"),
    _index_not_null("project_id", "number", "state", "type", "created_at"),
    _index_not_null("thread_id", "number", "state", "type", "created_at"),
    _index_not_null("closed_at", "state"),
    _index_not_null("receipt_hash", unique=True),
    ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
    ForeignKeyConstraint(["org_id", "created_by"], ["users.org_id", "users.id"]),
)

# Counts that `count_rollups` maintains. Day -1 of `issue_counts` counts all issues.
issue_counts = Table(
    "issue_counts",
    metadata,
    Column("org_id", String(40), primary_key=True),
    # Day of creation: days since 1970 (UTC).
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    # "" for issues without a project.
    Column("project_id", Text, primary_key=True),
    Column("type", String(20), primary_key=True),
    Column("state", String(20), primary_key=True),
    Column("anonymous", Boolean, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("unread", BigInteger, nullable=False),
    # All issue numbers of the row are in this range.
    Column("first_number", BigInteger, nullable=False),
    Column("last_number", BigInteger, nullable=False),
    ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
)

issue_durations = Table(
    "issue_durations",
    metadata,
    Column("org_id", String(40), primary_key=True),
    # Day of creation: days since 1970 (UTC).
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    # Name of the column with the later time: "reviewed_at" or "closed_at".
    Column("until", String(20), primary_key=True),
    # See `count_rollups.find_bucket`.
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
    ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
)

issue_quarter_hours = Table(
    "issue_quarter_hours",
    metadata,
    Column("org_id", String(40), primary_key=True),
    # Quarters of an hour since 1970.
    Column("quarter_hour", BigInteger, primary_key=True, autoincrement=False),
    Column("created", BigInteger, nullable=False),
    Column("closed", BigInteger, nullable=False),
    ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
)

history = Table(
    "history",
    metadata,
    Column("org_id", String(40), primary_key=True),
    Column("issue_id", String(40), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("action", String(20), nullable=False),
    Column("actor", String(40)),
    Column("changes", JSON, nullable=False),
    ForeignKeyConstraint(["org_id", "issue_id"], ["issues.org_id", "issues.id"]),
    ForeignKeyConstraint(["org_id", "actor"], ["users.org_id", "users.id"]),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("org_id", String(40), primary_key=True),
    # HMAC of the idempotency key, and of the sender unless the report is anonymous.
    Column("key_hash", LargeBinary(32), primary_key=True),
    # HMAC of the request's body.
    Column("body_hash", LargeBinary(32), nullable=False),
    Column("issue_id", String(40), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_idempotency_created_at", "org_id", "created_at"),
    ForeignKeyConstraint(["org_id", "issue_id"], ["issues.org_id", "issues.id"]),
)

# Names that reviewers gave to projects. A project without a row has its id as its name.
projects = Table(
    "projects",
    metadata,
    Column("org_id", String(40), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
)

# Calls with an Idempotency-Key that change issues; `idempotency` has those that create issues.
repeatable_calls = Table(
    "repeatable_calls",
    metadata,
    Column("org_id", String(40), primary_key=True),
    # HMAC of the idempotency key and the user.
    Column("key_hash", LargeBinary(32), primary_key=True),
    # HMAC of the idempotency key, the user, the call and its body.
    Column("body_hash", LargeBinary(32), nullable=False),
    # Statuses and codes of a bulk change; null for a call that simply succeeded. Never texts.
    Column("outcome", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_repeatable_calls_created_at", "org_id", "created_at"),
    ForeignKeyConstraint(["org_id"], ["organisations.org_id"]),
)


AnyRow = Row[*tuple[Any, ...]]


def insert_if_missing(connection: Connection, table: Table, **values: Any) -> None:
    """Insert a row, unless another transaction inserts it first."""
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(table).values(**values))


@dataclass
class IssueRow:
    """A new row of ``issues``. The caller sets ``number`` before it inserts the row."""

    org_id: str
    id: str
    description: str
    type: str
    state: str
    created_at: int
    updated_at: int
    number: int = 0
    resource_type: str = ResourceType.THREAD
    is_read: bool = False
    thread_id: str | None = None
    reported_interaction_id: str | None = None
    project_id: str | None = None
    created_by: str | None = None
    reviewed_at: int | None = None
    closed_at: int | None = None
    receipt_hash: bytes | None = None
