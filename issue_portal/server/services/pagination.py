"""One page of a list of issues: by number, or from a cursor, forwards or backwards."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import PageOrder
from issue_portal.server.db import queries_counts, queries_issues, search, tables
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.services import serializers
from issue_portal.server.services.cursors import Cursors
from issue_portal.server.services.positional_pages import check_paging, is_backward
from issue_portal.server.services.serializers import JsonObject


@dataclass(frozen=True)
class PagePosition:
    """Position of a page, between the issue numbers ``after`` and ``before`` (both exclusive)."""

    size: int
    descending: bool
    backward: bool
    """Whether the page has the last issues of the range instead of the first."""

    by_cursor: bool
    after: int | None
    before: int | None
    offset: int

    @classmethod
    def from_query(cls, query: IssueQuery, cursors: Cursors) -> "PagePosition":
        """Return the position that a query asks for; raise a 400 if it is contradictory."""
        by_cursor = check_paging(query)
        size = query.first or query.last or query.page_size
        return cls(
            size=size,
            descending=query.page_order is PageOrder.DESCENDING,
            backward=is_backward(query),
            by_cursor=by_cursor,
            after=cursors.decode("after", query.after),
            before=cursors.decode("before", query.before),
            offset=0 if query.page is None else (query.page - 1) * size,
        )


def read_page(
    connection: Connection,
    issue_filter: IssueFilter,
    position: PagePosition,
    query: IssueQuery,
    cursors: Cursors,
) -> JsonObject:
    """Return the page of matching issues at ``position``, with the objects in ``query.include``."""
    if issue_filter.text and issue_filter.uses_search_index:
        candidates = search.find_candidates(connection, issue_filter.text)
        issue_filter = replace(issue_filter, candidate_keys=candidates)
    narrowed = queries_counts.narrow_to_period(connection, issue_filter)
    rows = _read_rows(connection, narrowed, position) if narrowed else []
    followed, rows = len(rows) > position.size, rows[: position.size]
    if position.backward:
        rows.reverse()
    page: JsonObject = {
        "data": [
            serializers.serialize_issue(
                row,
                with_user=query.include is None or "User" in query.include,
                with_project=query.include is not None and "Project" in query.include,
            )
            for row in rows
        ]
    }
    # `followed` and `preceded` are in the order of `_read_rows`, which reverses backward pages.
    has_next, has_previous = followed, position.offset > 0
    if position.by_cursor:
        preceded = bool(narrowed and rows and _is_preceded(connection, narrowed, position, rows))
        has_next, has_previous = (preceded, followed) if position.backward else (followed, preceded)
    if rows and has_next:
        page["next_cursor"] = cursors.encode(rows[-1].number)
    if rows and has_previous:
        page["previous_cursor"] = cursors.encode(rows[0].number)
    page["has_next_page"] = has_next
    page["has_previous_page"] = has_previous
    if query.total_count:
        page["total_count"] = queries_counts.count(connection, issue_filter)
    return page


def _read_rows(
    connection: Connection, issue_filter: IssueFilter, position: PagePosition
) -> list[tables.AnyRow]:
    """Return the issues of the page and the issue after them, if any. Reverses backward pages."""
    return queries_issues.list_issues(
        connection,
        issue_filter,
        descending=position.descending != position.backward,
        limit=position.size + 1,
        offset=position.offset,
        above=position.before if position.descending else position.after,
        below=position.after if position.descending else position.before,
    )


def _is_preceded(
    connection: Connection,
    issue_filter: IssueFilter,
    position: PagePosition,
    rows: list[tables.AnyRow],
) -> bool:
    """Return whether an issue precedes the page, in the order of `_read_rows`."""
    edge = rows[-1].number if position.backward else rows[0].number
    return queries_issues.has_issues_beyond(
        connection, issue_filter, edge, above=position.descending != position.backward
    )
