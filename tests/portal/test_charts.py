"""Charts: what is in their tables is text, wherever it is copied to."""

import pytest

from components.charts import Bar, table
from tests.hostile import HOSTILE

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", *HOSTILE])
def test_no_cell_of_a_table_is_a_formula(text):
    made = table([Bar("value", text, 3)], {"words": "Project", "count": "Issues"})
    assert list(made.columns) == ["Project", "Issues"]
    [cell] = made["Project"]
    assert not cell.strip().startswith(FORMULA)
    assert cell.removeprefix("'") in (text, text.removeprefix("'"))
    assert list(made["Issues"]) == [3]


def test_empty_table_has_its_columns():
    assert list(table([], {"words": "Day", "count": "Issues"}).columns) == ["Day", "Issues"]
