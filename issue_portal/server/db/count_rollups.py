"""Counts and skips issues by blocks of 4,096 numbers, whose counts triggers maintain.

Totals, far pages and old dates cost about the same for any number of issues. A filter with a field
outside `_COUNTED_AHEAD` is counted by indexes instead.
"""

from dataclasses import fields, replace
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Subquery,
    and_,
    func,
    literal,
    select,
)

from issue_portal.server.db.queries_issues import IssueFilter, count_matching
from issue_portal.server.db.tables import issue_blocks as blocks

SIZE: Final = 4096
_ALL: Final = -1
"""Block number of the counts of all issues."""

_COUNTED_AHEAD: Final = frozenset({"org_id", "states", "types", "created_from", "created_to"})
"""Fields of `IssueFilter` that block counts can answer."""

_FAR: Final = 100
"""Offset up to which issues are skipped one by one."""

_MOST_PARTIAL: Final = 50
"""Most blocks at the edge of a period that are counted one by one."""


def narrow(connection: Connection, issue_filter: IssueFilter) -> IssueFilter | None:
    """Return the filter limited to the numbers of its days; None if there are none."""
    if not issue_filter.is_dated:
        return issue_filter
    first, last = connection.execute(
        select(func.min(blocks.c.block), func.max(blocks.c.block)).where(
            blocks.c.org_id == issue_filter.org_id,
            blocks.c.block != _ALL,
            blocks.c.count > 0,
            *_overlaps(issue_filter, blocks),
        )
    ).one()
    if first is None:
        return None
    return replace(issue_filter, lowest=first * SIZE, highest=last * SIZE + SIZE - 1)


def count(connection: Connection, issue_filter: IssueFilter) -> int:
    """Count the issues that match the filter, by blocks if they can answer it."""
    if not _is_counted_ahead(issue_filter):
        return count_matching(connection, issue_filter)
    if not issue_filter.is_dated:
        query = select(func.coalesce(func.sum(blocks.c.count), 0))
        return int(
            connection.execute(_of(issue_filter, query, blocks.c.block == _ALL)).scalar_one()
        )
    each = _by_block(issue_filter)
    whole = select(func.coalesce(func.sum(each.c.count), 0))
    inside = []
    if issue_filter.created_from is not None:
        inside.append(each.c.first_at >= issue_filter.created_from)
    if issue_filter.created_to is not None:
        inside.append(each.c.last_at < issue_filter.created_to)
    partial = (
        select(each.c.block)
        .where(*_overlaps(issue_filter, each), ~and_(*inside))
        .limit(_MOST_PARTIAL + 1)
    )
    result = connection.execute(partial).scalars().all()
    if len(result) > _MOST_PARTIAL:
        return count_matching(connection, issue_filter)
    return int(connection.execute(whole.where(*inside)).scalar_one()) + sum(
        count_matching(
            connection, replace(issue_filter, lowest=block * SIZE, highest=block * SIZE + SIZE - 1)
        )
        for block in result
    )


def skip_blocks(
    connection: Connection, issue_filter: IssueFilter, offset: int, *, descending: bool
) -> tuple[IssueFilter, int]:
    """Skip whole blocks among the first ``offset`` issues of the filter.

    Returns the filter without those blocks, and how many issues are still to skip.
    """
    if offset < _FAR or issue_filter.is_dated or not _is_counted_ahead(issue_filter):
        return issue_filter, offset
    each = _by_block(issue_filter)
    order = each.c.block.desc() if descending else each.c.block
    before = (func.sum(each.c.count).over(order_by=order) - each.c.count).label("before")
    summed = select(each.c.block, before).subquery()
    farthest = summed.c.block if descending else summed.c.block.desc()
    reached = (
        select(summed)
        .where(summed.c.before <= literal(offset, BigInteger))
        .order_by(farthest)
        .limit(1)
    )
    row = connection.execute(reached).one_or_none()
    if row is None:
        return issue_filter, offset
    start = row.block * SIZE
    bound = {"highest": start + SIZE - 1} if descending else {"lowest": start}
    return replace(issue_filter, **bound), offset - int(row.before)


def _is_counted_ahead(issue_filter: IssueFilter) -> bool:
    """Return whether block counts can answer the filter.

    Other fields must have their defaults, so a new field of `IssueFilter` is counted by indexes
    until someone adds it to `_COUNTED_AHEAD`.
    """
    return all(
        field.name in _COUNTED_AHEAD or getattr(issue_filter, field.name) == field.default
        for field in fields(issue_filter)
    )


def _by_block(issue_filter: IssueFilter) -> Subquery:
    """Return count and time bounds of the matching states and types per block."""
    query = select(
        blocks.c.block,
        func.sum(blocks.c.count).label("count"),
        func.min(blocks.c.first_at).label("first_at"),
        func.max(blocks.c.last_at).label("last_at"),
    )
    return _of(issue_filter, query, blocks.c.block != _ALL).group_by(blocks.c.block).subquery()


def _of(issue_filter: IssueFilter, query: Select[Any], block: ColumnElement[bool]) -> Select[Any]:
    """Restrict ``query`` to the organisation, states and types of the filter."""
    query = query.where(
        blocks.c.org_id == issue_filter.org_id, block, blocks.c.state.in_(issue_filter.states)
    )
    return query.where(blocks.c.type.in_(issue_filter.types)) if issue_filter.types else query


def _overlaps(issue_filter: IssueFilter, each: FromClause) -> list[ColumnElement[bool]]:
    """Return the conditions that a block may have issues of the filter's days."""
    result = []
    if issue_filter.created_from is not None:
        result.append(each.c.last_at >= issue_filter.created_from)
    if issue_filter.created_to is not None:
        result.append(each.c.first_at < issue_filter.created_to)
    return result
