"""The queries: SQL and nothing else. The rules are in `issues`, HTTP is in `routes`."""

import secrets
import time
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from issue_portal.models.contract import IssueState, Role, UserState
from issue_portal.server.db import search
from issue_portal.server.db.tables import history, idempotency, issues, organisations, tokens, users

AnyRow = Row[*tuple[Any, ...]]


def new_id(prefix: str) -> str:
    """An opaque id that cannot be guessed."""
    return f"{prefix}_{secrets.token_hex(8)}"


def ensure_organisation(connection: Connection, slug: str) -> str:
    """The id of the organisation ``slug``, which is created if need be."""
    query = select(organisations.c.org_id).where(organisations.c.slug == slug)
    if (found := connection.scalar(query)) is None:
        _insert_unless_there(
            connection,
            organisations,
            org_id=new_id("org"),
            slug=slug,
            created_at=int(time.time()),
            last_issue_number=0,
        )
        found = connection.scalar(query)
    return str(found)


def key_fingerprint(connection: Connection, org_id: str) -> str | None:
    """The fingerprint of the secret key that the database is used with, if that is known."""
    query = select(organisations.c.key_fingerprint).where(organisations.c.org_id == org_id)
    found: str | None = connection.scalar(query)
    return found


def set_key_fingerprint(connection: Connection, org_id: str, fingerprint: str) -> None:
    """Note which secret key the database is used with from now on."""
    connection.execute(
        update(organisations)
        .where(organisations.c.org_id == org_id)
        .values(key_fingerprint=fingerprint)
    )


def lock_organisation(connection: Connection, org_id: str) -> None:
    """Keep others from adding issues until the transaction ends."""
    query = select(organisations.c.org_id).where(organisations.c.org_id == org_id)
    connection.execute(query.with_for_update()).one()


USER = select(users).where(users.c.org_id == bindparam("org"), users.c.email == bindparam("email"))
"""The user with the address ``email``."""


def find_user(connection: Connection, org_id: str, email: str) -> AnyRow | None:
    """The user with this address."""
    return connection.execute(USER, {"org": org_id, "email": email}).one_or_none()


def get_user(connection: Connection, org_id: str, user_id: str) -> AnyRow:
    """The user with this id, who must exist."""
    query = select(users).where(users.c.org_id == org_id, users.c.id == user_id)
    return connection.execute(query).one()


def ensure_user(connection: Connection, org_id: str, email: str, name: str, role: Role) -> AnyRow:
    """The user with this address, created or brought up to date."""
    found = find_user(connection, org_id, email)
    if found is None:
        _insert_unless_there(
            connection,
            users,
            org_id=org_id,
            id=new_id("user"),
            account_id=new_id("acct"),
            name=name,
            email=email,
            state=UserState.ACTIVE,
            role=role,
            # The day: the time could be that of an anonymous report.
            created_at=int(time.time()) // 86_400 * 86_400,
        )
    elif (found.name, found.role) != (name, role):
        connection.execute(
            update(users)
            .where(users.c.org_id == org_id, users.c.id == found.id)
            .values(name=name, role=role)
        )
    else:
        return found
    user = find_user(connection, org_id, email)
    assert user is not None
    return user


def set_user_state(connection: Connection, org_id: str, user_id: str, state: UserState) -> None:
    """Let a user act, or not."""
    connection.execute(
        update(users).where(users.c.org_id == org_id, users.c.id == user_id).values(state=state)
    )


def find_users(connection: Connection, org_id: str, ids: Set[str]) -> dict[str, AnyRow]:
    """The users with these ids, by id."""
    if not ids:
        return {}
    query = select(users).where(users.c.org_id == org_id, users.c.id.in_(ids))
    return {row.id: row for row in connection.execute(query)}


def list_users(connection: Connection, org_id: str) -> Sequence[AnyRow]:
    """Everyone of the organisation, by name."""
    query = select(users).where(users.c.org_id == org_id).order_by(users.c.name, users.c.id)
    return connection.execute(query).all()


def add_token(
    connection: Connection,
    org_id: str,
    token_hash: bytes,
    user_id: str,
    role: Role,
    expires_at: int | None,
) -> str:
    """Store an API token by its hash; returns its id."""
    token_id = new_id("token")
    connection.execute(
        insert(tokens).values(
            org_id=org_id,
            id=token_id,
            hash=token_hash,
            user_id=user_id,
            role=role,
            created_at=int(time.time()),
            expires_at=expires_at,
        )
    )
    return token_id


_TOKENS = select(
    tokens.c.id,
    tokens.c.role,
    tokens.c.created_at,
    tokens.c.expires_at,
    tokens.c.last_used_at,
    tokens.c.user_id,
    users.c.email,
    users.c.state,
    users.c.role.label("user_role"),
).join_from(tokens, users, and_(users.c.org_id == tokens.c.org_id, users.c.id == tokens.c.user_id))


TOKEN = _TOKENS.where(tokens.c.org_id == bindparam("org"), tokens.c.hash == bindparam("hash"))
"""The token with this ``hash`` and its user's ``email``, ``state`` and ``user_role``."""


def list_tokens(connection: Connection, org_id: str) -> Sequence[AnyRow]:
    """All tokens with their users, oldest first."""
    query = _TOKENS.where(tokens.c.org_id == org_id).order_by(tokens.c.created_at, tokens.c.id)
    return connection.execute(query).all()


def delete_token(connection: Connection, org_id: str, token_id: str) -> bool:
    """Forget a token; returns whether there was one."""
    query = delete(tokens).where(tokens.c.org_id == org_id, tokens.c.id == token_id)
    return connection.execute(query).rowcount == 1


def touch_tokens(connection: Connection, org_id: str, days: Mapping[str, int]) -> None:
    """Note the days (their first seconds) on which tokens were used, in the order of their ids."""
    connection.execute(
        update(tokens)
        .where(tokens.c.org_id == org_id, tokens.c.id == bindparam("token"))
        .values(last_used_at=bindparam("day")),
        [{"token": token_id, "day": day} for token_id, day in sorted(days.items())],
    )


def take_issue_numbers(connection: Connection, org_id: str, count: int = 1) -> int:
    """Take the next ``count`` numbers; returns the first of them.

    The organisation's row stays locked until the transaction ends.
    """
    query = (
        update(organisations)
        .where(organisations.c.org_id == org_id)
        .values(last_issue_number=organisations.c.last_issue_number + count)
        .returning(organisations.c.last_issue_number)
    )
    return int(connection.execute(query).scalar_one()) - count + 1


def take_issue_number(connection: Connection, org_id: str, wanted: int | None) -> int:
    """Take a certain number if it is free, else the next one."""
    query = select(issues.c.number).where(issues.c.org_id == org_id, issues.c.number == wanted)
    if wanted is None or connection.scalar(query) is not None:
        return take_issue_numbers(connection, org_id)
    connection.execute(
        update(organisations)
        .where(organisations.c.org_id == org_id, organisations.c.last_issue_number < wanted)
        .values(last_issue_number=wanted)
    )
    return wanted


def add_issues(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert issues, all with the same columns, and the beginning of their histories."""
    folded = [{**row, "search_text": search.fold(row["description"])} for row in rows]
    connection.execute(insert(issues), folded)
    created = [
        {
            "org_id": row["org_id"],
            "issue_id": row["id"],
            "position": 1,
            "at": row["created_at"],
            "action": "created",
            "actor": row["created_by"],
            "changes": [],
        }
        for row in rows
    ]
    connection.execute(insert(history), created)


_WITH_CREATOR = select(
    issues,
    users.c.account_id.label("user_account_id"),
    users.c.name.label("user_name"),
    users.c.email.label("user_email"),
    users.c.state.label("user_state"),
    users.c.role.label("user_role"),
    users.c.created_at.label("user_created_at"),
).outerjoin_from(
    issues, users, and_(users.c.org_id == issues.c.org_id, users.c.id == issues.c.created_by)
)


def find_issue(
    connection: Connection, org_id: str, issue_id: str, *, lock: bool = False
) -> AnyRow | None:
    """One issue with its creator; ``lock`` keeps others from changing it meanwhile."""
    query = _WITH_CREATOR.where(issues.c.org_id == org_id, issues.c.id == issue_id)
    if lock:
        query = query.with_for_update(of=issues)
    return connection.execute(query).one_or_none()


def find_issue_by_receipt(
    connection: Connection, org_id: str, receipt_hashes: Sequence[bytes]
) -> AnyRow | None:
    """The issue that was answered with a receipt of one of these hashes."""
    query = select(issues).where(
        issues.c.org_id == org_id, issues.c.receipt_hash.in_(receipt_hashes)
    )
    return connection.execute(query).one_or_none()


def change_issue(connection: Connection, org_id: str, issue_id: str, **values: Any) -> None:
    """Set columns of one issue."""
    if "description" in values:
        values["search_text"] = search.fold(values["description"])
    connection.execute(
        update(issues).where(issues.c.org_id == org_id, issues.c.id == issue_id).values(**values)
    )


@dataclass(frozen=True)
class Filter:
    """Which issues are meant. Empty lists mean any; times are seconds, the later one exclusive."""

    org_id: str
    states: tuple[IssueState, ...]
    types: tuple[str, ...] = ()
    created_by: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    created_from: int | None = None
    created_to: int | None = None
    text: str | None = None
    keys: tuple[int, ...] | None = None
    """On SQLite, the only issues that may contain the text, if that is known."""
    lowest: int | None = None
    """The first number that is looked at, and ``highest`` the last."""
    highest: int | None = None

    @property
    def is_dated(self) -> bool:
        """Whether only some days are meant."""
        return self.created_from is not None or self.created_to is not None

    @property
    def is_by_text(self) -> bool:
        """Whether the index of texts narrows it down.

        A reporter's own issues are looked through without it: others' texts must not make that
        slow.
        """
        return bool(self.text) and not self.created_by

    def conditions(self, dialect: str, *, counting: bool = False) -> list[ColumnElement[bool]]:
        """The WHERE clause; ``counting`` if every issue that is meant is looked at."""
        org_id: ColumnElement[str] = issues.c.org_id
        if dialect == "sqlite" and self.is_by_text and (self.keys is not None or counting):
            # Or it would go by the index of states, although that of texts leaves fewer over.
            org_id = literal_column("+issues.org_id", String)
        found: list[ColumnElement[bool]] = [
            org_id == self.org_id,
            issues.c.state.in_(self.states),
        ]
        if self.types:
            found.append(issues.c.type.in_(self.types))
        if self.created_by:
            found.append(issues.c.created_by.in_(self.created_by))
        if self.projects:
            found.append(issues.c.project_id.in_(self.projects))
        if self.created_from is not None:
            found.append(issues.c.created_at >= self.created_from)
        if self.created_to is not None:
            found.append(issues.c.created_at < self.created_to)
        if self.lowest is not None:
            found.append(issues.c.number >= self.lowest)
        if self.highest is not None:
            found.append(issues.c.number <= self.highest)
        if self.text and self.keys is not None:
            found.append(search.is_candidate(self.keys, self.text))
        elif self.text:
            found.append(search.contains(dialect, self.text, indexed=self.is_by_text))
        return found


def list_issues(
    connection: Connection,
    which: Filter,
    *,
    descending: bool,
    limit: int,
    offset: int = 0,
    above: int | None = None,
    below: int | None = None,
) -> Sequence[AnyRow]:
    """Issues with their creators by number; ``above`` and ``below`` are exclusive bounds on it."""
    query: Select[Any] = select(issues.c.number).where(*which.conditions(connection.dialect.name))
    if above is not None:
        query = query.where(issues.c.number > above)
    if below is not None:
        query = query.where(issues.c.number < below)
    order = issues.c.number.desc() if descending else issues.c.number
    # The rows only once it is known which: whole rows of those that are skipped cost the most.
    page = query.order_by(order).limit(limit).offset(offset).subquery()
    found = _WITH_CREATOR.where(issues.c.org_id == which.org_id, issues.c.number.in_(select(page)))
    return connection.execute(found.order_by(order)).all()


def any_beyond(connection: Connection, which: Filter, number: int, *, above: bool) -> bool:
    """Whether an issue that is meant has a higher (or else a lower) number."""
    beyond = issues.c.number > number if above else issues.c.number < number
    query = select(
        exists(select(literal(1)).where(*which.conditions(connection.dialect.name), beyond))
    )
    return bool(connection.scalar(query))


def count_each(connection: Connection, which: Filter) -> int:
    """How many issues are meant, looking at each: see `blocks` for a faster way."""
    conditions = which.conditions(connection.dialect.name, counting=True)
    query = select(func.count()).select_from(issues).where(*conditions)
    return int(connection.execute(query).scalar_one())


def add_history(
    connection: Connection,
    org_id: str,
    issue_id: str,
    *,
    at: int,
    action: str,
    actor: str | None,
    changes: list[dict[str, Any]],
) -> None:
    """Append to the history of one issue."""
    position = connection.execute(
        select(func.coalesce(func.max(history.c.position), 0) + 1).where(
            history.c.org_id == org_id, history.c.issue_id == issue_id
        )
    ).scalar_one()
    connection.execute(
        insert(history).values(
            org_id=org_id,
            issue_id=issue_id,
            position=position,
            at=at,
            action=action,
            actor=actor,
            changes=changes,
        )
    )


_HISTORY = select(history, users).outerjoin_from(
    history, users, and_(users.c.org_id == history.c.org_id, users.c.id == history.c.actor)
)


def list_history(connection: Connection, org_id: str, issue_id: str) -> Sequence[AnyRow]:
    """The history of one issue with the users who acted, oldest first."""
    query = _HISTORY.where(history.c.org_id == org_id, history.c.issue_id == issue_id)
    return connection.execute(query.order_by(history.c.position)).all()


def count_history(connection: Connection, org_id: str, issue_id: str) -> int:
    """How many entries the history of one issue has."""
    query = select(func.count()).where(history.c.org_id == org_id, history.c.issue_id == issue_id)
    return int(connection.execute(query).scalar_one())


def list_old(
    connection: Connection,
    org_id: str,
    *,
    created_before: int,
    closed_before: int,
    above: int,
    limit: int,
) -> Sequence[AnyRow]:
    """Closed and deleted issues of long ago with their creators, by number."""
    closed = and_(
        issues.c.state == IssueState.CLOSED,
        # What came by `import` has no time of its closing.
        func.coalesce(issues.c.closed_at, issues.c.updated_at) < closed_before,
    )
    deleted = and_(issues.c.state == IssueState.DELETED, issues.c.updated_at < closed_before)
    query = _WITH_CREATOR.where(
        issues.c.org_id == org_id,
        issues.c.number > above,
        issues.c.created_at < created_before,
        or_(closed, deleted),
    )
    return connection.execute(query.order_by(issues.c.number).limit(limit)).all()


def list_histories(
    connection: Connection, org_id: str, issue_ids: Sequence[str]
) -> Sequence[AnyRow]:
    """The histories of several issues like `list_history`, one issue after the other."""
    query = _HISTORY.where(history.c.org_id == org_id, history.c.issue_id.in_(issue_ids))
    return connection.execute(query.order_by(history.c.issue_id, history.c.position)).all()


def delete_unchanged(connection: Connection, org_id: str, changed_at: Mapping[str, int]) -> int:
    """Delete for good the issues last changed at these times, with all that belongs to them.

    Returns how many there were.
    """
    query = select(issues.c.id, issues.c.updated_at).where(
        issues.c.org_id == org_id, issues.c.id.in_(list(changed_at))
    )
    found = connection.execute(query.order_by(issues.c.number).with_for_update())
    ids = [issue_id for issue_id, at in found if at == changed_at[issue_id]]
    for table, column in (
        (history, history.c.issue_id),
        (idempotency, idempotency.c.issue_id),
        (issues, issues.c.id),
    ):
        connection.execute(delete(table).where(table.c.org_id == org_id, column.in_(ids)))
    return len(ids)


def count_ids(connection: Connection, org_id: str, issue_ids: Sequence[str]) -> int:
    """How many of these issues there are."""
    query = select(func.count()).where(issues.c.org_id == org_id, issues.c.id.in_(issue_ids))
    return int(connection.execute(query).scalar_one())


def find_idempotent(
    connection: Connection, org_id: str, key_hashes: Sequence[bytes]
) -> Sequence[AnyRow]:
    """What earlier requests, whose keys have one of these hashes, were and made."""
    query = select(idempotency.c.key_hash, idempotency.c.body_hash, idempotency.c.issue_id).where(
        idempotency.c.org_id == org_id, idempotency.c.key_hash.in_(key_hashes)
    )
    return connection.execute(query).all()


def add_idempotent(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember what requests with a key were and made."""
    connection.execute(insert(idempotency), [dict(row) for row in rows])


def forget_idempotent(connection: Connection, org_id: str, before: int) -> None:
    """Drop what is too old to be retried."""
    connection.execute(
        delete(idempotency).where(idempotency.c.org_id == org_id, idempotency.c.created_at < before)
    )


def _insert_unless_there(connection: Connection, table: Table, **values: Any) -> None:
    """Insert a row; if another transaction was faster, its row stays."""
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(table).values(**values))
