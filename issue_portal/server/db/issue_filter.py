"""Criteria for issues, and their SQL conditions."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ColumnExpressionArgument,
    String,
    bindparam,
    literal_column,
    select,
    union_all,
)

from issue_portal.models.vocabulary import IssueState
from issue_portal.server.db import issue_search, search
from issue_portal.server.db.issue_search import IssueSearch
from issue_portal.server.db.search import Keys
from issue_portal.server.db.statements import Shape, list_parameters
from issue_portal.server.db.tables import issues


@dataclass(frozen=True)
class IssueFilter:
    """Criteria for issues, mapped from `IssueQuery` in `issue_service`.

    Empty lists except ``states`` match every issue, and so does None. Times are seconds since 1970;
    ``created_to`` is exclusive.
    """

    org_id: str
    states: tuple[IssueState, ...]
    types: tuple[str, ...] = ()
    created_by: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    created_from: int | None = None
    created_to: int | None = None
    numbers: tuple[int, ...] = ()
    is_read: bool | None = None
    anonymous: bool | None = None
    thread_id: str | None = None
    updated_from: int | None = None
    text: str | None = None
    candidate_keys: Keys | None = None
    """Keys of all issues that may contain the text; None if unknown."""
    search: IssueSearch | None = None
    lowest: int | None = None
    """Lowest issue number to include."""
    highest: int | None = None
    """Highest issue number to include."""

    @property
    def uses_search_index(self) -> bool:
        """Whether the search index is used.

        A filter by reporter skips the index, because the index covers the texts of all reporters.
        """
        return bool(self.text) and not self.created_by

    def list_criteria(self, dialect: str, *, counting: bool = False) -> dict[str, Any]:
        """Return the values of the criteria in use, by the names of their conditions.

        Set ``counting`` if the query visits every matching issue.
        """
        values = {name: value for name, value in vars(self).items() if value not in (None, ())}
        for name in ("text", "candidate_keys", "search"):
            values.pop(name, None)
        values |= self._list_text_criteria(dialect) | self._list_search_criteria(dialect, counting)
        has_candidates = bool(values.keys() & {"candidate_keys", "search_keys"})
        if dialect == "sqlite" and (has_candidates or (counting and "trigrams" in values)):
            values["org_id_without_index"] = values.pop("org_id")
        return values

    def _list_text_criteria(self, dialect: str) -> dict[str, Any]:
        if not self.text:
            return {}
        values: dict[str, Any] = {"folded": search.fold(self.text)}
        if self.candidate_keys is not None:
            values["candidate_keys"] = search.encode_list(dialect, self.candidate_keys)
        elif (
            self.uses_search_index
            and dialect == "sqlite"
            and (trigrams := search.list_trigrams(dialect, self.text))
        ):
            values["trigrams"] = trigrams
        return values

    def _list_search_criteria(self, dialect: str, counting: bool) -> dict[str, Any]:
        if not self.search:
            return {}
        return self.search.list_criteria(
            dialect, self.org_id, counting=counting, by_reporter=bool(self.created_by)
        )


_CONDITIONS: dict[str, ColumnExpressionArgument[bool]] = {
    "org_id": issues.c.org_id == bindparam("org_id"),
    # The plus sign keeps SQLite from using the index of states instead of the search index.
    "org_id_without_index": literal_column("+issues.org_id", String)
    == bindparam("org_id_without_index"),
    "created_from": issues.c.created_at >= bindparam("created_from"),
    "created_to": issues.c.created_at < bindparam("created_to"),
    "updated_from": issues.c.updated_at >= bindparam("updated_from"),
    "is_read": issues.c.is_read == bindparam("is_read"),
    "anonymous": issues.c.created_by.is_(None) == bindparam("anonymous", type_=Boolean),
    "thread_id": issues.c.thread_id == bindparam("thread_id"),
    "lowest": issues.c.number >= bindparam("lowest"),
    "highest": issues.c.number <= bindparam("highest"),
    "above": issues.c.number > bindparam("above"),
    "below": issues.c.number < bindparam("below"),
}
"""Conditions with a single value, by name."""

_LIST_COLUMNS: dict[str, ColumnElement[Any]] = {
    "states": issues.c.state,
    "types": issues.c.type,
    "created_by": issues.c.created_by,
    "projects": issues.c.project_id,
    "numbers": issues.c.number,
}
"""Columns that must equal one of several values, by the name of the condition."""


def build_conditions(shape: Shape, dialect: str) -> list[ColumnExpressionArgument[bool]]:
    """Return the conditions of a WHERE clause with these criteria."""
    alternatives = issue_search.build_alternatives({name for name, _ in shape}, dialect)
    conditions = _build_other_conditions(shape, dialect)
    if len(alternatives) > 1:
        # With OR, the database would read all issues in place of using an index for each part.
        numbers = [select(issues.c.number).where(part).correlate(None) for part in alternatives]
        conditions.append(issues.c.number.in_(union_all(*numbers)))
    return [*conditions, *alternatives] if len(alternatives) == 1 else conditions


def build_parts(shape: Shape, dialect: str) -> list[list[ColumnExpressionArgument[bool]]]:
    """Return the conditions of several WHERE clauses, which together find the matching issues.

    Each uses another index, and an issue may match several of them.
    """
    if ("search_trigrams", 0) not in shape:
        return [build_conditions(shape, dialect)]
    alternatives = issue_search.build_alternatives({name for name, _ in shape}, dialect)
    # Each alternative has a condition for the organisation.
    others = frozenset((name, count) for name, count in shape if not name.startswith("org_id"))
    return [[*_build_other_conditions(others, dialect), part] for part in alternatives]


def _build_other_conditions(shape: Shape, dialect: str) -> list[ColumnExpressionArgument[bool]]:
    """Return the conditions of all criteria except those of `IssueSearch`."""
    conditions = _CONDITIONS | search.build_conditions(dialect)
    return [
        _LIST_COLUMNS[name].in_(list_parameters(name, count))
        if name in _LIST_COLUMNS
        else conditions[name]
        for name, count in sorted(shape)
        if name not in issue_search.PARAMETERS
    ]
