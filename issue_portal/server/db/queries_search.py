"""SQL that resolves a search: the reporters and projects with a matching name."""

from collections.abc import Collection
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    bindparam,
    or_,
    select,
    text,
)

from issue_portal.models.issue_search import parse_issue_number
from issue_portal.server.db import search
from issue_portal.server.db.count_rollups import ALL_DAYS
from issue_portal.server.db.issue_search import IssueSearch
from issue_portal.server.db.statements import select_in
from issue_portal.server.db.tables import issue_counts, projects, users

_MAX_FOLDED_NAMES: Final = 2**15
"""Most names that stay folded in memory, about 5 MB. Folding takes longer than fetching them."""

_fold_name = lru_cache(_MAX_FOLDED_NAMES)(search.fold)


_ISSUE_KEYS: Final = {
    "sqlite": "SELECT key FROM issues WHERE org_id = :org_id AND ",
    "postgresql": "SELECT id FROM issues WHERE org_id = :org_id AND ",
}


@cache
def _build_candidates_query(dialect: str) -> TextClause:
    """Return the query for the keys of the issues that may match a search.

    It stops at the limit, so a search with many matches takes no longer here.
    """
    conditions = (
        "number = CAST(:number AS bigint)",
        search.build_is_listed(dialect, "created_by", "reporters"),
        search.build_is_listed(dialect, "project_id", "projects"),
    )
    parts = [search.CANDIDATES[dialect], *(_ISSUE_KEYS[dialect] + part for part in conditions)]
    return text(" UNION ALL ".join(parts) + " LIMIT :limit")


def resolve(
    connection: Connection, org_id: str, wanted: str, created_by: Collection[str]
) -> IssueSearch:
    """Return the search for a text, in the issues of these reporters or in all issues."""
    folded = search.fold(wanted)
    resolved = IssueSearch(
        text=wanted,
        number=parse_issue_number(wanted),
        reporters=_find_reporters(connection, org_id, folded, created_by),
        projects=_find_projects(connection, org_id, folded),
    )
    if created_by:
        return resolved
    return replace(resolved, candidate_keys=_find_candidates(connection, org_id, resolved))


def _find_reporters(
    connection: Connection, org_id: str, folded: str, created_by: Collection[str]
) -> tuple[str, ...]:
    """Return the ids of the users whose name or email address contains a folded text.

    Only of the users ``created_by``, if there are any: the others cannot match, and how many they
    are must not show in the time that a response takes.
    """
    if created_by:
        people = select_in(connection, _PEOPLE, users.c.id, created_by, org_id)
    else:
        query = _build_people_query(connection.dialect.name)
        people = connection.execute(query, {"org_id": org_id, "folded": folded}).all()
    return tuple(
        user_id
        for user_id, name, email in people
        if folded in _fold_name(name) or folded in _fold_name(email)
    )


_PEOPLE: Final = select(users.c.id, users.c.name, users.c.email).where(
    users.c.org_id == bindparam("org_id")
)


@cache
def _build_people_query(dialect: str) -> Select[Any]:
    """Return the query for the users who may match a search."""
    return _PEOPLE.where(
        or_(_may_contain(users.c.name, dialect), _may_contain(users.c.email, dialect))
    )


def _may_contain(column: Column[str], dialect: str) -> ColumnElement[bool]:
    """Return the condition that a column contains a folded text, or is not ASCII.

    Databases disagree about the lower case of other characters, so `search.fold` decides there.
    """
    name = f"users.{column.name}"
    if dialect == "postgresql":
        contains = f'strpos(lower({name} COLLATE "C"), :folded) > 0'
        return or_(text(contains), text(f"octet_length({name}) > char_length({name})"))
    contains = f"instr(lower({name}), :folded) > 0"
    return or_(text(contains), text(f"length(CAST({name} AS BLOB)) > length({name})"))


_PROJECTS: Final = (
    select(issue_counts.c.project_id, projects.c.name)
    .distinct()
    .outerjoin_from(
        issue_counts,
        projects,
        and_(
            projects.c.org_id == issue_counts.c.org_id, projects.c.id == issue_counts.c.project_id
        ),
    )
    .where(
        issue_counts.c.org_id == bindparam("org_id"),
        issue_counts.c.day == ALL_DAYS,
        issue_counts.c.project_id != "",
    )
)


def _find_projects(connection: Connection, org_id: str, folded: str) -> tuple[str, ...]:
    """Return the ids of the projects whose name or id contains a folded text."""
    return tuple(
        project_id
        for project_id, name in connection.execute(_PROJECTS, {"org_id": org_id})
        if folded in _fold_name(project_id) or folded in _fold_name(name or "")
    )


def _find_candidates(
    connection: Connection, org_id: str, resolved: IssueSearch
) -> search.Keys | None:
    """Return the keys of all issues that may match.

    Returns None if the text has no trigrams, and for more than `search.MAX_CANDIDATES` issues.
    """
    dialect = connection.dialect.name
    if not (trigrams := search.list_trigrams(dialect, resolved.text)):
        return None
    values = {
        "trigrams": trigrams,
        "org_id": org_id,
        "number": resolved.number,
        "reporters": search.encode_list(dialect, resolved.reporters),
        "projects": search.encode_list(dialect, resolved.projects),
    }
    return search.read_candidates(connection, _build_candidates_query(dialect), values)
