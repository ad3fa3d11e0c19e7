"""The Insights page without a server: numbers, changes, charts, and what replaces them."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import api_session
from components.account import require_sign_in
from components.ui import js_component
from issue_portal.client import errors
from issue_portal.models.requests import StatsQuery
from issue_portal.models.responses import IssueStats, Problem
from tests.servers.processes import ROOT

NOTHING = {
    "total": 0,
    "unread": 0,
    "anonymous": 0,
    "by_state": {},
    "by_type": {},
    "by_project": [],
    "by_day": [],
}
SOME = {
    **NOTHING,
    "total": 180,
    "unread": 26,
    "anonymous": 58,
    "by_state": {"NotReviewed": 33, "InReview": 35, "Closed": 112},
    "by_type": {"Format": 180},
    "by_day": [{"day": datetime.now(UTC).date().isoformat(), "count": 180, "open": 89}],
    "open_before": 67,
    "time_to_review": {"count": 5, "median": 172_800, "p90": 345_600},
    "time_to_close": {"count": 4, "median": 86_400, "p90": 86_400},
}
PREVIOUS = {**NOTHING, "total": 120, "unread": 52, "anonymous": 42}


@pytest.fixture
def answers(client, monkeypatch) -> dict[str, Any]:
    """What the server answers for the period and the one before it: statistics, or an error."""
    answers: dict[str, Any] = {"period": SOME, "previous": PREVIOUS}

    def answer(query: StatsQuery) -> IssueStats:
        answer = answers["previous" if query.end_date else "period"]
        if isinstance(answer, Exception):
            raise answer
        return IssueStats.model_validate(answer)

    client.stats.side_effect = answer
    monkeypatch.setattr(require_sign_in, "require", Mock())
    monkeypatch.setattr(api_session, "is_remote", lambda: True)
    # Links to pages need the portal's menu.
    monkeypatch.setattr(st, "page_link", lambda page, **_: st.markdown(f"link to {page}"))
    return answers


@pytest.fixture
def drawn(monkeypatch) -> dict[str, Any]:
    """The data of the charts that the page has drawn, by key."""
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(js_component, "mount", lambda _, *, key, data: drawn.update({key: data}))
    return drawn


def open_page(period: str = "30") -> AppTest:
    at = AppTest.from_file(ROOT / "pages/insights.py", default_timeout=20)
    at.query_params["period"] = period
    at.run()
    assert not at.exception
    assert at.title[0].value in ("Insights", "Estadísticas")
    return at


def read_html(at: AppTest) -> str:
    return " ".join(element.proto.body for element in at.get("html"))


def read_changes(at: AppTest) -> list[str]:
    return [part.split("<")[0] for part in read_html(at).split('class="change">')[1:]]


def test_cards_show_the_change_against_the_previous_period(answers, drawn):
    at = open_page()
    assert read_changes(at) == [
        "+50% vs previous 30 days",
        "+33% vs 30 days ago",
        "−50% vs previous 30 days",
        "−3 points vs previous 30 days",
    ]
    assert read_html(at).count('class="trend"') == 2
    assert "insights-skeleton" not in read_html(at)


@pytest.mark.parametrize("language", ["en", "es"])
def test_all_issues_have_no_previous_period(answers, drawn, set_language, language):
    set_language(language)
    assert read_changes(open_page("all")) == []


@pytest.mark.parametrize("error", [errors.NotFoundError, errors.BadRequestError])
def test_server_without_statistics_of_the_previous_period_shows_no_change(answers, drawn, error):
    answers["previous"] = error(Problem(status=404))
    assert read_changes(open_page()) == ["+33% vs 30 days ago"]
    assert drawn["by_type"]


def test_times_need_five_issues(answers, drawn):
    text = read_html(open_page())
    assert "Median <b>2 days</b> · 90% within <b>4 days</b>" in text
    assert text.count("Too few to tell") == 1


def test_times_of_a_server_that_does_not_count_them_are_shown(answers, drawn):
    answers["period"] = {**SOME, "time_to_close": {"median": 86_400, "p90": 86_400}}
    assert "Median <b>24 hours</b>" in read_html(open_page())
    answers["period"] = {key: SOME[key] for key in SOME if not key.startswith("time_to")}
    assert "Time to close" not in read_html(open_page())


def test_only_the_largest_projects_are_shown(answers, drawn):
    projects = [{"project": {"id": f"p{n}", "name": "خطة" * 30}, "count": 9} for n in range(20)]
    answers["period"] = {**SOME, "by_project": projects}
    open_page()
    *largest, others = drawn["by_project"]["rows"]
    assert [row["count"] for row in largest] == ["9"] * 10
    assert (others["label"], others["count"], others["url"]) == ("Other or no project", "90", "")


def test_charts_link_to_the_queue_without_parameters_of_this_page(answers, drawn):
    open_page("all")
    closed = drawn["by_state"]["rows"][2]
    assert (closed["count"], closed["url"]) == ("112", "review?state=Closed")
    assert drawn["open"]["rows"][0]["url"].startswith("review?state=NotReviewed%2CInReview&")


def test_a_million_issues_fit(answers, drawn):
    answers["period"] = {**SOME, "total": 1_234_567, "by_state": {"Closed": 1_234_567}}
    assert 'title="1,234,567">1.2M<' in read_html(open_page())
    assert drawn["by_state"]["rows"][2]["count"] == "1,234,567"


def test_empty_period_offers_all_issues(answers, drawn):
    answers["period"] = NOTHING
    at = open_page()
    assert "No issues in this period" in read_html(at)
    at.button[0].click().run()
    assert "No issues yet" in read_html(at)
    assert at.markdown[-1].value == "link to pages/report.py"
    assert not drawn


@pytest.mark.parametrize("error", [errors.NotFoundError, errors.BadRequestError])
def test_server_without_statistics(answers, drawn, error):
    answers["period"] = answers["previous"] = error(Problem(status=404))
    at = open_page()
    assert "available on this server." in read_html(at)
    assert at.markdown[-1].value == "link to pages/review.py"
    assert "insights-skeleton" not in read_html(at)


def test_failure_can_be_retried(answers, drawn):
    answers["period"] = errors.UnreachableError()
    at = open_page()
    assert "We couldn&#x27;t load the insights." in read_html(at)
    answers["period"] = SOME
    at.button[0].click().run()
    assert "Received" in read_html(at)
