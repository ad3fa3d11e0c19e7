"""Similar issues: searched by the longest words, the most similar first."""

import pytest

from components.issues import similar_issues
from components.issues.similar_issues import start_search
from issue_portal.client.errors import UnreachableError
from issue_portal.models.responses import IssuePage
from tests.factories import make_issue

TEXT = "The travel policy was ignored completely"


@pytest.fixture
def set_search_results(client):
    """Make every search find issues with the given texts.

    A call returns a list, to which each search adds its word.
    """

    def set_results(*texts: str) -> list[str]:
        searched: list[str] = []
        issues = [make_issue(f"other_{n}", description=text) for n, text in enumerate(texts)]

        def search(query):
            searched.append(query.filter_by_text)
            return IssuePage(data=(make_issue(), *issues))

        client.list.side_effect = search
        return searched

    return set_results


def test_four_longest_words_are_searched(set_search_results):
    searched = set_search_results()
    assert start_search(make_issue(description=f"{TEXT} and then")).finish() == []
    assert sorted(searched) == ["completely", "ignored", "policy", "travel"]


def test_three_most_similar_issues_are_returned(set_search_results):
    set_search_results(
        "travel policy was ignored",
        TEXT,
        "ignored",
        "The travel policy was ignored",
        "ignored completely, the travel policy",
    )
    ids = [issue.id for issue in start_search(make_issue(description=TEXT)).finish()]
    assert ids[:2] == ["other_1", "other_4"]
    assert len(ids) == 3
    assert "other_2" not in ids


@pytest.mark.parametrize("text", ["", None, "a an the", "123"])
def test_text_without_long_words_has_no_similar_issues(set_search_results, text):
    set_search_results(TEXT)
    assert start_search(make_issue(description=text)).finish() == []


def test_similar_issues_are_left_out_if_the_search_fails(client, monkeypatch):
    client.list.side_effect = UnreachableError
    shown = []
    monkeypatch.setattr(similar_issues.issue_list, "render", lambda *_, **__: shown.append(1))
    similar_issues.render(start_search(make_issue(description=TEXT)))
    assert shown == []
