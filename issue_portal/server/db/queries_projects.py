"""SQL for projects: their names, and how many issues each one has.

A project exists once an issue names it, or a reviewer has given it a name.
"""

from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite

from issue_portal.models.vocabulary import IssueState, PageOrder
from issue_portal.server.db.count_rollups import ALL_DAYS
from issue_portal.server.db.statements import select_in
from issue_portal.server.db.tables import AnyRow, issue_counts, projects

_NAMES = select(projects.c.id, projects.c.name).where(projects.c.org_id == bindparam("org_id"))


def find_project_names(connection: Connection, org_id: str, ids: Set[str]) -> dict[str, str]:
    """Return the names of those of these projects that have one, by id."""
    rows = select_in(connection, _NAMES, projects.c.id, ids, org_id) if ids else ()
    return {row.id: row.name for row in rows}


def set_project_name(connection: Connection, org_id: str, project_id: str, name: str) -> None:
    """Give a project a name."""
    is_postgresql = connection.dialect.name == "postgresql"
    insert: Any = postgresql.insert(projects) if is_postgresql else sqlite.insert(projects)
    connection.execute(
        insert.values(org_id=org_id, id=project_id, name=name).on_conflict_do_update(
            index_elements=[projects.c.org_id, projects.c.id], set_={"name": name}
        )
    )


_ENTRIES = union_all(
    select(
        issue_counts.c.project_id.label("id"),
        case((issue_counts.c.state == IssueState.DELETED, 0), else_=issue_counts.c.count).label(
            "count"
        ),
    ).where(
        issue_counts.c.org_id == bindparam("org_id"),
        issue_counts.c.day == ALL_DAYS,
        issue_counts.c.project_id != "",
    ),
    select(projects.c.id, literal(0)).where(projects.c.org_id == bindparam("org_id")),
).subquery()

# PostgreSQL adds up BIGINT as NUMERIC.
_TOTALS = (
    select(_ENTRIES.c.id, cast(func.sum(_ENTRIES.c.count), BigInteger).label("count"))
    .group_by(_ENTRIES.c.id)
    .subquery()
)

_PROJECTS = select(
    _TOTALS.c.id,
    func.coalesce(projects.c.name, _TOTALS.c.id, type_=String).label("name"),
    _TOTALS.c.count,
).outerjoin_from(
    _TOTALS, projects, and_(projects.c.org_id == bindparam("org_id"), projects.c.id == _TOTALS.c.id)
)

_PAGES = {
    order: _PROJECTS.order_by(place).limit(bindparam("limit")).offset(bindparam("offset"))
    for order, place in (
        (PageOrder.ASCENDING, _TOTALS.c.id),
        (PageOrder.DESCENDING, _TOTALS.c.id.desc()),
    )
}

_ONE = _PROJECTS.where(_TOTALS.c.id == bindparam("id"))

_COUNT = select(func.count()).select_from(_TOTALS)


def list_projects(
    connection: Connection, org_id: str, *, order: PageOrder, offset: int, limit: int
) -> Sequence[AnyRow]:
    """Return projects with their names and counts of issues that are not deleted, by id."""
    values = {"org_id": org_id, "offset": offset, "limit": limit}
    return connection.execute(_PAGES[order], values).all()


def get_project(connection: Connection, org_id: str, project_id: str) -> AnyRow:
    """Return a project like `list_projects`; it must exist."""
    return connection.execute(_ONE, {"org_id": org_id, "id": project_id}).one()


def count_projects(connection: Connection, org_id: str) -> int:
    """Count the projects of the organisation."""
    return int(connection.execute(_COUNT, {"org_id": org_id}).scalar_one())
