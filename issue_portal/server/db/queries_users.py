"""SQL for users."""

import time
from collections.abc import Sequence, Set

from sqlalchemy import Connection, asc, bindparam, desc, func, select, update

from issue_portal.models.vocabulary import PageOrder, Role, UserState
from issue_portal.server.db.ids import new_id
from issue_portal.server.db.statements import select_in
from issue_portal.server.db.tables import AnyRow, insert_if_missing, users

_USER_BY_EMAIL = select(users).where(
    users.c.org_id == bindparam("org_id"), users.c.email == bindparam("email")
)


def find_user_by_email(connection: Connection, org_id: str, email: str) -> AnyRow | None:
    """Return the user with this email address, if any."""
    return connection.execute(_USER_BY_EMAIL, {"org_id": org_id, "email": email}).one_or_none()


def get_user(connection: Connection, org_id: str, user_id: str, *, lock: bool = False) -> AnyRow:
    """Return the user with this id, who must exist.

    ``lock`` blocks other locks until the commit.
    """
    query = select(users).where(users.c.org_id == org_id, users.c.id == user_id)
    return connection.execute(query.with_for_update() if lock else query).one()


def ensure_user(connection: Connection, org_id: str, email: str, name: str, role: Role) -> AnyRow:
    """Return the user with this email address. Creates or updates the user if necessary."""
    user_row = find_user_by_email(connection, org_id, email)
    if user_row is None:
        insert_if_missing(
            connection,
            users,
            org_id=org_id,
            id=new_id("user"),
            account_id=new_id("acct"),
            name=name,
            email=email,
            state=UserState.ACTIVE,
            role=role,
            # Only the day: the exact time could match the time of an anonymous report.
            created_at=int(time.time()) // 86_400 * 86_400,
        )
    elif (user_row.name, user_row.role) != (name, role):
        connection.execute(
            update(users)
            .where(users.c.org_id == org_id, users.c.id == user_row.id)
            .values(name=name, role=role)
        )
    else:
        return user_row
    user = find_user_by_email(connection, org_id, email)
    assert user is not None
    return user


def set_user_state(connection: Connection, org_id: str, user_id: str, state: UserState) -> None:
    """Activate or deactivate a user."""
    connection.execute(
        update(users).where(users.c.org_id == org_id, users.c.id == user_id).values(state=state)
    )


_USERS = select(users).where(users.c.org_id == bindparam("org_id"))


def find_users_by_id(connection: Connection, org_id: str, ids: Set[str]) -> dict[str, AnyRow]:
    """Return the users with these ids; the ids are the keys."""
    rows = select_in(connection, _USERS, users.c.id, ids, org_id) if ids else ()
    return {row.id: row for row in rows}


def list_users(
    connection: Connection,
    org_id: str,
    *,
    order: PageOrder = PageOrder.ASCENDING,
    offset: int = 0,
    limit: int | None = None,
) -> Sequence[AnyRow]:
    """Return users of the organisation, sorted by name."""
    direction = asc if order is PageOrder.ASCENDING else desc
    query = select(users).where(users.c.org_id == org_id)
    query = query.order_by(direction(users.c.name), direction(users.c.id))
    return connection.execute(query.offset(offset).limit(limit)).all()


def count_users(connection: Connection, org_id: str) -> int:
    """Count the users of the organisation."""
    query = select(func.count()).select_from(users).where(users.c.org_id == org_id)
    return int(connection.execute(query).scalar_one())
