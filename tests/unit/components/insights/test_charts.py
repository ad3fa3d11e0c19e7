"""The tables of the charts: no cell is a formula."""

import re

import pytest

from components.insights.charts import Bar, build_table
from issue_portal.core.export_formats import escape_formula
from tests.hostile import HOSTILE

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\u2800=1", *HOSTILE]
)
def test_no_cell_of_a_table_is_a_formula(text):
    table = build_table([Bar("value", text, 3)], {"label": "Project", "count": "Issues"})
    assert list(table.columns) == ["Project", "Issues"]
    [cell] = table["Project"]
    assert not cell.strip().startswith(FORMULA_STARTS)
    assert cell.replace("'", "") == text.replace("'", "")
    assert list(table["Issues"]) == [3]


def test_empty_table_has_both_columns():
    assert list(build_table([], {"label": "Day", "count": "Issues"}).columns) == ["Day", "Issues"]


@pytest.mark.parametrize("text", ["It broke;=cmd|'/c calc'!A0;x", "a\t@SUM(1)", "a\n \u3164-1+1"])
def test_formulas_after_a_semicolon_tab_or_line_break_are_escaped(text):
    for part in re.split(r"[;\t\n]", escape_formula(text)):
        assert not part.strip(" \u3164").startswith(FORMULA_STARTS)
