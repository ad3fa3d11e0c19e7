"""The charts' data: addresses of the queue, lengths of bars, lines of the axis; no formulas."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from components.insights.charts import Bar, build_queue_url, build_rows, find_tick_step
from issue_portal.core.export_formats import escape_formula
from tests.hostile import HOSTILE

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\u2800=1", *HOSTILE]
)
def test_no_cell_of_a_table_is_a_formula(text):
    [row] = build_rows([Bar(text, 3)], top=3)
    assert not row["cell"].strip().startswith(FORMULA_STARTS)
    assert row["cell"].replace("'", "") == text.replace("'", "")
    assert (row["label"], row["count"]) == (text, "3")


@pytest.mark.parametrize("text", ["It broke;=cmd|'/c calc'!A0;x", "a\t@SUM(1)", "a\n \u3164-1+1"])
def test_formulas_after_a_semicolon_tab_or_line_break_are_escaped(text):
    for part in re.split(r"[;\t\n]", escape_formula(text)):
        assert not part.strip(" \u3164").startswith(FORMULA_STARTS)


@pytest.mark.parametrize("project", ["sales", "a&b=c#d", "../x?y", "مشروع", *HOSTILE])
def test_bar_links_to_the_queue_with_its_filters(project):
    url = urlsplit(build_queue_url({"project": project, "created": ""}))
    assert (url.scheme, url.netloc, url.path, url.fragment) == ("", "", "review", "")
    assert parse_qsl(url.query) == [("project", project)]
    assert build_queue_url({"created": ""}) == "review"


def test_only_bars_with_issues_and_filters_are_links():
    filters = {"state": "Closed"}
    bars = [Bar("a", 1_000_000, filters), Bar("b", 0, filters), Bar("c", 500_000)]
    rows = build_rows(bars, top=1_000_000)
    assert [row["url"] for row in rows] == ["review?state=Closed", "", ""]
    assert [row["share"] for row in rows] == [1, 0, 0.5]
    assert [row["count"] for row in rows] == ["1,000,000", "0", "500,000"]
    assert rows[0]["tooltip"] == "a: 1,000,000 issues"
    assert build_rows([Bar("a", 0)], top=0)[0]["share"] == 0


@pytest.mark.parametrize(
    ("highest", "step"), [(0, 1), (1, 1), (3, 1), (4, 2), (7, 5), (16, 10), (1_000_000, 500_000)]
)
def test_axis_has_at_most_three_round_lines(highest, step):
    assert find_tick_step(highest) == step
