"""Similar issues: found by their longest words, best first, without the issue itself."""

import pytest

from components.issues import similar_issues
from components.issues.similar_issues import _find_similar
from issue_portal.client.errors import UnreachableError
from issue_portal.models.responses import IssuePage
from tests.factories import make_issue

TEXT = "The travel policy was ignored completely"


@pytest.fixture
def found_by(client):
    """Let the server find these issues by any word; return the list of searched words."""

    def answer(*texts: str) -> list[str]:
        asked: list[str] = []
        issues = [make_issue(f"other_{n}", description=text) for n, text in enumerate(texts)]

        def search(query):
            asked.append(query.filter_by_text)
            return IssuePage(data=(make_issue(), *issues))

        client.list.side_effect = search
        return asked

    return answer


def test_similar_issues_share_the_longest_words(found_by):
    asked = found_by()
    assert _find_similar(make_issue(description=f"{TEXT} and then")) == []
    assert asked == ["completely", "ignored", "policy", "travel"]


def test_best_three_come_first(found_by):
    found_by(
        "travel policy was ignored",
        TEXT,
        "ignored",
        "The travel policy was ignored",
        "ignored completely, the travel policy",
    )
    ids = [issue.id for issue in _find_similar(make_issue(description=TEXT))]
    assert ids[:2] == ["other_1", "other_4"]
    assert len(ids) == 3
    assert "other_2" not in ids


@pytest.mark.parametrize("text", ["", None, "a an the", "123"])
def test_text_without_words_has_no_similar_one(found_by, text):
    assert found_by(TEXT) == []
    assert _find_similar(make_issue(description=text)) == []


def test_page_works_without_similar_issues(client, monkeypatch):
    client.list.side_effect = UnreachableError
    shown = []
    monkeypatch.setattr(similar_issues.issue_list, "render", lambda *_, **__: shown.append(1))
    similar_issues.render(make_issue(description=TEXT))
    assert shown == []
