"""Names the criteria of a statement, so that each combination of criteria is built only once.

Building a statement takes longer than running it. SQLAlchemy's expanding parameters would also
rewrite the statement each time, so lists have one parameter for each value. They are padded to a
few lengths, because SQLAlchemy keeps only 500 compiled statements.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Select, bindparam

from issue_portal.server.db.tables import AnyRow

Shape = frozenset[tuple[str, int]]
"""Names of criteria, each with its number of values; 0 for a single value."""


def bind(criteria: Mapping[str, Any]) -> tuple[Shape, dict[str, Any]]:
    """Return the shape of the criteria, and the values of a statement with this shape."""
    shape: set[tuple[str, int]] = set()
    values: dict[str, Any] = {}
    for name, value in criteria.items():
        if isinstance(value, tuple):
            padded = _pad(value)
            shape.add((name, len(padded)))
            values |= _number(name, padded)
        else:
            shape.add((name, 0))
            values[name] = value
    return frozenset(shape), values


def _pad(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Repeat the last item until the length is a power of five."""
    length = 1
    while length < len(items):
        length *= 5
    return items + items[-1:] * (length - len(items))


def _number(name: str, items: tuple[Any, ...]) -> dict[str, Any]:
    """Return the values of the parameters that `list_parameters` returns."""
    return {f"{name}_{position}": item for position, item in enumerate(items)}


def list_parameters(name: str, count: int) -> list[BindParameter[Any]]:
    """Return the parameters for the values of a list criterion."""
    return [bindparam(f"{name}_{position}") for position in range(count)]


@cache
def _build_in(query: Select[Any], column: Column[Any], count: int) -> Select[Any]:
    return query.where(column.in_(list_parameters("value", count)))


def select_in(
    connection: Connection,
    query: Select[Any],
    column: Column[Any],
    values: Iterable[Any],
    org_id: str,
) -> Sequence[AnyRow]:
    """Return the rows of ``query`` in which ``column`` has one of the values.

    ``query`` is a constant with the parameter ``org_id``.
    """
    padded = _pad(tuple(values))
    statement = _build_in(query, column, len(padded))
    return connection.execute(statement, _number("value", padded) | {"org_id": org_id}).all()
