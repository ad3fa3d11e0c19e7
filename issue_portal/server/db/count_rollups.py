"""Counts and skips issues by blocks of 4,096 issue numbers. Triggers count the issues per block.

With these counts, totals, far pages and old dates cost about the same for any number of issues. A
filter with a field outside `_BLOCK_FIELDS` uses the indexes of the issues instead.
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

BLOCK_SIZE: Final = 4096
"""Issue numbers per block."""

_ALL: Final = -1
"""Block number of the counts of all issues."""

_BLOCK_FIELDS: Final = frozenset({"org_id", "states", "types", "created_from", "created_to"})
"""Fields of `IssueFilter` for which the counts of blocks are enough."""

_FAR_OFFSET: Final = 100
"""Smallest offset at which whole blocks are skipped instead of single issues."""

_MAX_PARTIAL_BLOCKS: Final = 50
"""Most blocks only partly in a period. The issues of these blocks are counted one by one."""


def narrow_to_period(connection: Connection, issue_filter: IssueFilter) -> IssueFilter | None:
    """Limit the filter to the issue numbers of its period; return None if the period is empty."""
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
    return replace(
        issue_filter, lowest=first * BLOCK_SIZE, highest=last * BLOCK_SIZE + BLOCK_SIZE - 1
    )


def count(connection: Connection, issue_filter: IssueFilter) -> int:
    """Count the issues that match the filter, by the counts of blocks if possible."""
    if not _has_block_counts(issue_filter):
        return count_matching(connection, issue_filter)
    if not issue_filter.is_dated:
        query = select(func.coalesce(func.sum(blocks.c.count), 0))
        return int(
            connection.execute(_restrict(issue_filter, query, blocks.c.block == _ALL)).scalar_one()
        )
    per_block = _count_by_block(issue_filter)
    total = select(func.coalesce(func.sum(per_block.c.count), 0))
    inside = []
    if issue_filter.created_from is not None:
        inside.append(per_block.c.first_at >= issue_filter.created_from)
    if issue_filter.created_to is not None:
        inside.append(per_block.c.last_at < issue_filter.created_to)
    partly_inside = (
        select(per_block.c.block)
        .where(*_overlaps(issue_filter, per_block), ~and_(*inside))
        .limit(_MAX_PARTIAL_BLOCKS + 1)
    )
    partial_blocks = connection.execute(partly_inside).scalars().all()
    if len(partial_blocks) > _MAX_PARTIAL_BLOCKS:
        return count_matching(connection, issue_filter)
    return int(connection.execute(total.where(*inside)).scalar_one()) + sum(
        count_matching(
            connection,
            replace(
                issue_filter, lowest=block * BLOCK_SIZE, highest=block * BLOCK_SIZE + BLOCK_SIZE - 1
            ),
        )
        for block in partial_blocks
    )


def skip_blocks(
    connection: Connection, issue_filter: IssueFilter, offset: int, *, descending: bool
) -> tuple[IssueFilter, int]:
    """Skip whole blocks among the first ``offset`` issues of the filter.

    Returns the filter without those blocks, and the number of issues that remain to be skipped.
    """
    if offset < _FAR_OFFSET or issue_filter.is_dated or not _has_block_counts(issue_filter):
        return issue_filter, offset
    per_block = _count_by_block(issue_filter)
    order = per_block.c.block.desc() if descending else per_block.c.block
    sum_to_block = func.sum(per_block.c.count).over(order_by=order)
    summed = select(
        per_block.c.block, (sum_to_block - per_block.c.count).label("before")
    ).subquery()
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
    start = row.block * BLOCK_SIZE
    bound = {"highest": start + BLOCK_SIZE - 1} if descending else {"lowest": start}
    return replace(issue_filter, **bound), offset - int(row.before)


def _has_block_counts(issue_filter: IssueFilter) -> bool:
    """Return whether the filter uses only `_BLOCK_FIELDS`: all other fields have their defaults."""
    return all(
        field.name in _BLOCK_FIELDS or getattr(issue_filter, field.name) == field.default
        for field in fields(issue_filter)
    )


def _count_by_block(issue_filter: IssueFilter) -> Subquery:
    """Return a query for the count and the first and last creation time per block."""
    query = select(
        blocks.c.block,
        func.sum(blocks.c.count).label("count"),
        func.min(blocks.c.first_at).label("first_at"),
        func.max(blocks.c.last_at).label("last_at"),
    )
    return (
        _restrict(issue_filter, query, blocks.c.block != _ALL).group_by(blocks.c.block).subquery()
    )


def _restrict(
    issue_filter: IssueFilter, query: Select[Any], block: ColumnElement[bool]
) -> Select[Any]:
    """Restrict ``query`` to the organisation, states and types of the filter."""
    query = query.where(
        blocks.c.org_id == issue_filter.org_id, block, blocks.c.state.in_(issue_filter.states)
    )
    return query.where(blocks.c.type.in_(issue_filter.types)) if issue_filter.types else query


def _overlaps(issue_filter: IssueFilter, per_block: FromClause) -> list[ColumnElement[bool]]:
    """Return the conditions under which a block overlaps the period of the filter."""
    conditions = []
    if issue_filter.created_from is not None:
        conditions.append(per_block.c.last_at >= issue_filter.created_from)
    if issue_filter.created_to is not None:
        conditions.append(per_block.c.first_at < issue_filter.created_to)
    return conditions
