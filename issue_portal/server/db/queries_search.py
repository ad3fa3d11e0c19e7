"""SQL that resolves a search: the reporters and projects with a matching name."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, text

from issue_portal.models.issue_search import parse_issue_number
from issue_portal.server.db import search
from issue_portal.server.db.issue_search import IssueSearch, encode_ids
from issue_portal.server.db.queries_projects import list_project_names
from issue_portal.server.db.queries_users import list_user_names

# SQLite stops at the limit, so a search with many matches takes no longer here.
_CANDIDATES = text(
    "SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams"
    " UNION ALL SELECT key FROM issues WHERE org_id = :org_id AND number = :number"
    " UNION ALL SELECT key FROM issues"
    " WHERE org_id = :org_id AND created_by IN (SELECT value FROM json_each(:reporters))"
    " UNION ALL SELECT key FROM issues"
    " WHERE org_id = :org_id AND project_id IN (SELECT value FROM json_each(:projects))"
    " LIMIT :limit"
)


def resolve(
    connection: Connection, org_id: str, wanted: str, created_by: Collection[str]
) -> IssueSearch:
    """Return the search for a text, in the issues of these reporters or in all issues."""
    folded = search.fold(wanted)

    def matches(first: str, second: str | None) -> bool:
        # A search cannot contain the separator, so no match extends over both.
        return folded in search.fold(f"{first}\x00{second or ''}")

    # The other reporters cannot match, and their number must not show in the response time.
    people = list_user_names(connection, org_id, created_by)
    resolved = IssueSearch(
        text=wanted,
        number=parse_issue_number(wanted),
        reporters=tuple(user_id for user_id, name, email in people if matches(name, email)),
        projects=tuple(
            project_id
            for project_id, name in list_project_names(connection, org_id)
            if matches(project_id, name)
        ),
    )
    if created_by:
        return resolved
    return replace(resolved, candidate_keys=_find_candidates(connection, org_id, resolved))


def _find_candidates(
    connection: Connection, org_id: str, resolved: IssueSearch
) -> tuple[int, ...] | None:
    """Return the keys of all issues that may match.

    Returns None on PostgreSQL, if the text has no trigrams, and for more than
    `search.MAX_CANDIDATES` issues.
    """
    dialect = connection.dialect.name
    trigrams = search.list_criteria(dialect, resolved.text).get("trigrams")
    if dialect == "postgresql" or trigrams is None:
        return None
    values: dict[str, Any] = {
        "trigrams": trigrams,
        "org_id": org_id,
        "number": resolved.number,
        "reporters": encode_ids(dialect, resolved.reporters),
        "projects": encode_ids(dialect, resolved.projects),
        "limit": search.MAX_CANDIDATES + 1,
    }
    keys = connection.execute(_CANDIDATES, values).scalars().all()
    return tuple(keys) if len(keys) <= search.MAX_CANDIDATES else None
