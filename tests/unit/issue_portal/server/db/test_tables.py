"""The columns of the tables are wide enough for the values that the code stores."""

import pytest
from sqlalchemy import Column

from issue_portal.models.vocabulary import HistoryAction, IssueState, IssueType, ResourceType, Role
from issue_portal.server.db import tables

STORED_ENUMS = [
    (tables.issues.c.type, IssueType),
    (tables.issues.c.state, IssueState),
    (tables.issues.c.resource_type, ResourceType),
    (tables.users.c.role, Role),
    (tables.history.c.action, HistoryAction),
]


@pytest.mark.parametrize(("column", "values"), STORED_ENUMS, ids=str)
def test_every_value_fits_its_column(column: Column, values):
    """PostgreSQL refuses longer values; SQLite accepts them."""
    assert max(len(value) for value in values) <= column.type.length
