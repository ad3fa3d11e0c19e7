"""SQL for organisations: their secret key and their issue numbers."""

import time

from sqlalchemy import Connection, bindparam, select, update

from issue_portal.server.db.ids import new_id
from issue_portal.server.db.tables import insert_if_missing, issues, organisations


def ensure_organisation(connection: Connection, slug: str) -> str:
    """Return the id of the organisation ``slug``; create it if it is missing."""
    query = select(organisations.c.org_id).where(organisations.c.slug == slug)
    if (org_id := connection.scalar(query)) is None:
        insert_if_missing(
            connection,
            organisations,
            org_id=new_id("org"),
            slug=slug,
            created_at=int(time.time()),
            last_issue_number=0,
        )
        org_id = connection.scalar(query)
    return str(org_id)


def get_key_fingerprint(connection: Connection, org_id: str) -> str | None:
    """Return the fingerprint of the secret key at the last start; None before the first start."""
    query = select(organisations.c.key_fingerprint).where(organisations.c.org_id == org_id)
    fingerprint: str | None = connection.scalar(query)
    return fingerprint


def set_key_fingerprint(connection: Connection, org_id: str, fingerprint: str) -> None:
    """Store the fingerprint of the secret key in use."""
    connection.execute(
        update(organisations)
        .where(organisations.c.org_id == org_id)
        .values(key_fingerprint=fingerprint)
    )


def lock_organisation(connection: Connection, org_id: str) -> None:
    """Block new issues in other transactions until this one ends."""
    query = select(organisations.c.org_id).where(organisations.c.org_id == org_id)
    connection.execute(query.with_for_update()).one()


_TAKE_NUMBERS = (
    update(organisations)
    .where(organisations.c.org_id == bindparam("id"))
    .values(last_issue_number=organisations.c.last_issue_number + bindparam("count"))
    .returning(organisations.c.last_issue_number)
)


def take_issue_numbers(connection: Connection, org_id: str, count: int = 1) -> int:
    """Take the next ``count`` issue numbers; return the first of them.

    The organisation's row stays locked until the transaction ends.
    """
    values = {"id": org_id, "count": count}
    return int(connection.execute(_TAKE_NUMBERS, values).scalar_one()) - count + 1


def take_issue_number(connection: Connection, org_id: str, wanted: int | None) -> int:
    """Take the number ``wanted``. If ``wanted`` is None or not free, take the next number."""
    query = select(issues.c.number).where(issues.c.org_id == org_id, issues.c.number == wanted)
    if wanted is None or connection.scalar(query) is not None:
        return take_issue_numbers(connection, org_id)
    connection.execute(
        update(organisations)
        .where(organisations.c.org_id == org_id, organisations.c.last_issue_number < wanted)
        .values(last_issue_number=wanted)
    )
    return wanted
