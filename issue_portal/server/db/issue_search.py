"""The search over number, text, reporter and project: its criteria, and their SQL condition.

`queries_search` resolves names to ids first, so that one statement can search all of them.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnExpressionArgument, and_, or_, text

from issue_portal.server.db import search

PARAMETERS: Final = frozenset(
    {
        "search_folded",
        "search_trigrams",
        "search_keys",
        "search_number",
        "search_reporters",
        "search_projects",
        "search_org_id",
    }
)
"""Names of the criteria of a search, which together are one condition."""


@dataclass(frozen=True)
class IssueSearch:
    """The values of a search. An issue matches if any of them does."""

    text: str
    """Part of the description."""

    number: int | None
    """Issue number, if the text is one."""

    reporters: tuple[str, ...]
    """Ids of the users whose name or email address contains the text."""

    projects: tuple[str, ...]
    """Ids of the projects whose name or id contains the text."""

    candidate_keys: search.Keys | None = None
    """Keys of all issues that may match; None if unknown."""

    def list_criteria(
        self, dialect: str, org_id: str, *, counting: bool, by_reporter: bool
    ) -> dict[str, Any]:
        """Return the values of the criteria, by name.

        ``counting`` is whether the query visits every matching issue, and ``by_reporter`` whether
        it only visits the issues of some reporters, so that it needs no index for the search.
        """
        criteria: dict[str, Any] = {"search_folded": search.fold(self.text)}
        if self.number is not None:
            criteria["search_number"] = self.number
        if self.reporters:
            criteria["search_reporters"] = search.encode_list(dialect, self.reporters)
        if self.projects:
            criteria["search_projects"] = search.encode_list(dialect, self.projects)
        if by_reporter:
            return criteria
        if self.candidate_keys is not None:
            criteria["search_keys"] = search.encode_list(dialect, self.candidate_keys)
        elif (
            counting
            and dialect == "sqlite"
            and (trigrams := search.list_trigrams(dialect, self.text))
        ):
            criteria["search_trigrams"] = trigrams
            criteria["search_org_id"] = org_id
        return criteria


def build_alternatives(names: Set[str], dialect: str) -> list[ColumnExpressionArgument[bool]]:
    """Return conditions of which one must hold, for the criteria with these names.

    A single condition if no index is to be used for each part; none without a search. The text
    comes last, because it takes longest.
    """
    if "search_folded" not in names:
        return []
    by_index = "search_trigrams" in names
    org = "issues.org_id = :search_org_id AND " if by_index else ""
    parts = []
    if "search_number" in names:
        parts.append(f"{org}issues.number = :search_number")
    for name, column in (("search_reporters", "created_by"), ("search_projects", "project_id")):
        if name in names:
            parts.append(org + search.build_is_listed(dialect, f"issues.{column}", name))
    find = "strpos" if dialect == "postgresql" else "instr"
    contains = f"{find}(issues.search_text, :search_folded) > 0"
    if by_index:
        indexed = search.INDEXED.replace(":trigrams", ":search_trigrams")
        # The plus sign keeps SQLite from using another index in place of the search index.
        contains = f"+{org}{indexed} AND {contains}"
    alternatives = [text(part) for part in (*parts, contains)]
    if by_index:
        return [*alternatives]
    any_part = or_(*alternatives)
    if "search_keys" not in names:
        return [any_part]
    is_candidate = search.build_is_listed(dialect, search.KEY_COLUMN[dialect], "search_keys")
    return [and_(text(is_candidate), any_part)]
