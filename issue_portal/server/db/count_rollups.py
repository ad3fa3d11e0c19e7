"""Counting and skipping by blocks of 4,096 numbers, for each of which the database keeps counts.

Totals, far pages and old dates cost about the same however many issues there are. A filter that
uses any field outside `_COUNTED_AHEAD` is counted by indexes instead.
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

from issue_portal.server.db.queries_issues import IssueFilter, count_each
from issue_portal.server.db.tables import issue_blocks as blocks

SIZE: Final = 4096
_ALL: Final = -1
"""In place of a block: the counts of all numbers."""

_COUNTED_AHEAD: Final = frozenset({"org_id", "states", "types", "created_from", "created_to"})
"""Fields of `Filter` that block counts can answer."""

_FAR: Final = 100
"""Issues that are sooner counted than blocks."""

_MOST_PARTIAL: Final = 50
"""Blocks of which only a part is meant, up to which each is looked through by itself."""


def narrowed(connection: Connection, which: IssueFilter) -> IssueFilter | None:
    """The same issues, with the numbers that those of the filter's days have; None if none has."""
    if not which.is_dated:
        return which
    first, last = connection.execute(
        select(func.min(blocks.c.block), func.max(blocks.c.block)).where(
            blocks.c.org_id == which.org_id,
            blocks.c.block != _ALL,
            blocks.c.count > 0,
            *_overlaps(which, blocks),
        )
    ).one()
    if first is None:
        return None
    return replace(which, lowest=first * SIZE, highest=last * SIZE + SIZE - 1)


def count(connection: Connection, which: IssueFilter) -> int:
    """Count the issues that match the filter, by blocks if they can answer it."""
    if not _is_counted_ahead(which):
        return count_each(connection, which)
    if not which.is_dated:
        query = select(func.coalesce(func.sum(blocks.c.count), 0))
        return int(connection.execute(_of(which, query, blocks.c.block == _ALL)).scalar_one())
    each = _by_block(which)
    whole = select(func.coalesce(func.sum(each.c.count), 0))
    inside = []
    if which.created_from is not None:
        inside.append(each.c.first_at >= which.created_from)
    if which.created_to is not None:
        inside.append(each.c.last_at < which.created_to)
    partial = (
        select(each.c.block).where(*_overlaps(which, each), ~and_(*inside)).limit(_MOST_PARTIAL + 1)
    )
    found = connection.execute(partial).scalars().all()
    if len(found) > _MOST_PARTIAL:
        return count_each(connection, which)
    return int(connection.execute(whole.where(*inside)).scalar_one()) + sum(
        count_each(connection, replace(which, lowest=block * SIZE, highest=block * SIZE + SIZE - 1))
        for block in found
    )


def skipped(
    connection: Connection, which: IssueFilter, offset: int, *, descending: bool
) -> tuple[IssueFilter, int]:
    """Skip whole blocks among the first ``offset`` issues of the filter.

    Returns the filter without those blocks, and how many issues are still to skip.
    """
    if offset < _FAR or which.is_dated or not _is_counted_ahead(which):
        return which, offset
    each = _by_block(which)
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
        return which, offset
    start = row.block * SIZE
    bound = {"highest": start + SIZE - 1} if descending else {"lowest": start}
    return replace(which, **bound), offset - int(row.before)


def _is_counted_ahead(which: IssueFilter) -> bool:
    """Whether block counts can answer the filter; a field they do not know must be at its default.

    A new field of `Filter` is therefore counted by indexes until someone adds it here.
    """
    return all(
        field.name in _COUNTED_AHEAD or getattr(which, field.name) == field.default
        for field in fields(which)
    )


def _by_block(which: IssueFilter) -> Subquery:
    """How many of these states and types each block has, and from when to when they are."""
    query = select(
        blocks.c.block,
        func.sum(blocks.c.count).label("count"),
        func.min(blocks.c.first_at).label("first_at"),
        func.max(blocks.c.last_at).label("last_at"),
    )
    return _of(which, query, blocks.c.block != _ALL).group_by(blocks.c.block).subquery()


def _of(which: IssueFilter, query: Select[Any], block: ColumnElement[bool]) -> Select[Any]:
    """``query`` for the states and types that are meant, of this block."""
    query = query.where(blocks.c.org_id == which.org_id, block, blocks.c.state.in_(which.states))
    return query.where(blocks.c.type.in_(which.types)) if which.types else query


def _overlaps(which: IssueFilter, each: FromClause) -> list[ColumnElement[bool]]:
    """The condition that a block may have issues of the filter's days."""
    found = []
    if which.created_from is not None:
        found.append(each.c.last_at >= which.created_from)
    if which.created_to is not None:
        found.append(each.c.first_at < which.created_to)
    return found
