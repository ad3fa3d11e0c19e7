"""Rollups: counting issues, and finding the start of a page far down the list."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection

from issue_portal.models.vocabulary import LIVE_STATES, IssueState
from issue_portal.server.db import count_rollups, queries_issues, queries_organisations, tables
from issue_portal.server.db.count_rollups import BLOCK_SIZE
from issue_portal.server.db.database import Database
from issue_portal.server.db.queries_issues import IssueFilter
from issue_portal.server.db.tables import issues

ISSUES_IN_EACH_BLOCK = 150


@dataclass(frozen=True)
class FilterByRead(IssueFilter):
    """A filter with one more field, ``is_read``, which the rollups do not count."""

    is_read: bool | None = None

    def build_conditions(self, dialect, *, counting=False):
        result = super().build_conditions(dialect, counting=counting)
        if self.is_read is not None:
            result.append(issues.c.is_read.is_(self.is_read))
        return result


@pytest.fixture
def database(database_url, tmp_path) -> Iterator[Database]:
    """An empty database."""
    database = Database(database_url or f"sqlite:///{tmp_path / 'issues.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def org_id(database) -> str:
    """An organisation with issues in three blocks of rollups. Every third issue is read."""
    with database.write() as connection:
        org_id = queries_organisations.ensure_organisation(connection, "org")
    now = int(time.time())
    rows = [
        tables.IssueRow(
            org_id=org_id,
            id=f"issue_{block * BLOCK_SIZE + number}",
            number=block * BLOCK_SIZE + number,
            description="It said nothing.",
            type="NoAnswer",
            state=IssueState.NOT_REVIEWED,
            is_read=number % 3 == 0,
            created_at=now,
            updated_at=now,
        )
        for block in range(3)
        for number in range(1, ISSUES_IN_EACH_BLOCK + 1)
    ]
    with database.write() as connection:
        queries_issues.add_issues(connection, rows)
    return org_id


def list_numbers(connection: Connection, criteria: IssueFilter, *, descending: bool) -> list[int]:
    rows = queries_issues.list_issues(connection, criteria, descending=descending, limit=10_000)
    return [row.number for row in rows]


def list_page(
    connection: Connection, criteria: IssueFilter, offset: int, *, descending: bool
) -> list[int]:
    criteria_from_block, offset_in_block = count_rollups.skip_blocks(
        connection, criteria, offset, descending=descending
    )
    rows = queries_issues.list_issues(
        connection, criteria_from_block, descending=descending, limit=10, offset=offset_in_block
    )
    return [row.number for row in rows]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"is_read": False},
        {"lowest": BLOCK_SIZE},
        {"highest": 2 * BLOCK_SIZE},
        {"types": ("NoAnswer",)},
    ],
    ids=str,
)
def test_filter_counts_and_skips_correctly_with_and_without_rollups(
    database, org_id, fields, descending
):
    criteria = FilterByRead(org_id, LIVE_STATES, **fields)
    with database.read() as connection:
        expected = list_numbers(connection, criteria, descending=descending)
        assert count_rollups.count(connection, criteria) == len(expected)
        for offset in (100, 200, 290):
            result = list_page(connection, criteria, offset, descending=descending)
            assert result == expected[offset : offset + 10]
