"""SQL for organisations: the secret key they use and the issue numbers they have given."""

import time

from sqlalchemy import (
    Connection,
    select,
    update,
)

from issue_portal.server.db.ids import new_id
from issue_portal.server.db.tables import insert_if_missing, issues, organisations


def ensure_organisation(connection: Connection, slug: str) -> str:
    """The id of the organisation ``slug``, which is created if need be."""
    query = select(organisations.c.org_id).where(organisations.c.slug == slug)
    if (value := connection.scalar(query)) is None:
        insert_if_missing(
            connection,
            organisations,
            org_id=new_id("org"),
            slug=slug,
            created_at=int(time.time()),
            last_issue_number=0,
        )
        value = connection.scalar(query)
    return str(value)


def get_key_fingerprint(connection: Connection, org_id: str) -> str | None:
    """The fingerprint of the secret key that the database is used with, if that is known."""
    query = select(organisations.c.key_fingerprint).where(organisations.c.org_id == org_id)
    value: str | None = connection.scalar(query)
    return value


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
