"""The `Link` headers of lists lead through all pages."""

import re
import uuid
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.api.conftest import ApiCaller

LINK = re.compile(r'<([^>]*)>; rel="(\w+)"(?:, |$)')


def get_links(response: httpx.Response) -> dict[str, str]:
    """Return the URLs by relation."""
    header = response.headers["Link"]
    assert LINK.sub("", header) == ""
    assert re.fullmatch(r"[\x21-\x7e ]*", header)
    return {relation: url for url, relation in LINK.findall(header)}


def follow(caller: ApiCaller, response: httpx.Response, relation: str) -> list[httpx.Response]:
    """Return ``response`` and the pages to which links with ``relation`` lead from it."""
    responses = [response]
    while url := get_links(responses[-1]).get(relation):
        assert url.startswith("/api/v1/app/")
        responses.append(caller("GET", url.removeprefix("/api/v1/app")))
        assert responses[-1].status_code == 200
    return responses


def numbers(responses: list[httpx.Response]) -> list[list[int]]:
    return [[issue["issue_number"] for issue in page.json()["data"]] for page in responses]


def flatten(pages: list[list[int]]) -> list[int]:
    return [number for page in pages for number in page]


@pytest.fixture
def word(member) -> str:
    """A word in seven new issues."""
    word = f'más & "{uuid.uuid4().hex[:8]}"+?#<é>; rel="next"'
    for _ in range(7):
        member.report(f"Something {word}")
    return word


@pytest.mark.parametrize(
    "paging",
    [
        {"page_size": 3},
        {"page_size": 3, "page": 1},
        {"first": 3},
        {"page_size": 3, "page_order": "ASC"},
    ],
)
def test_next_links_lead_to_every_issue_once_and_prev_links_back(member, word, paging):
    params = {"filter_by_text": word, **paging}
    pages = follow(member, member("GET", "/issue", params=params), "next")
    assert [len(page) for page in numbers(pages)] == [3, 3, 1]
    listed = flatten(numbers(pages))
    assert listed == sorted(listed, reverse="page_order" not in paging)
    assert len(set(listed)) == 7
    back = follow(member, pages[-1], "prev")
    assert numbers(back)[::-1] == numbers(pages)
    first = member("GET", get_links(pages[-1])["first"].removeprefix("/api/v1/app"))
    assert numbers([first]) == numbers(pages[:1])


def test_prev_links_lead_from_the_last_page_to_every_issue(member, word):
    last = member("GET", "/issue", params={"filter_by_text": word, "last": 3})
    assert "next" not in get_links(last)
    pages = follow(member, last, "prev")
    assert [len(page) for page in numbers(pages)] == [3, 3, 1]
    assert len(set(flatten(numbers(pages)))) == 7


def test_links_stay_inside_the_range_of_the_caller(member, word):
    params = {"filter_by_text": word}
    everything = member("GET", "/issue", params=params | {"page_size": 2})
    second = follow(member, everything, "next")[1]
    cursors = second.json()
    end = {"before": follow(member, everything, "next")[3].json()["previous_cursor"]}
    inside = member(
        "GET", "/issue", params=params | end | {"first": 2, "after": cursors["previous_cursor"]}
    )
    listed = flatten(numbers(follow(member, inside, "next")))
    wanted = flatten(numbers(follow(member, everything, "next")))
    assert listed == wanted[3:6]


def test_links_keep_the_filters_of_the_caller(member, word):
    query = {
        "filter_by_text": word,
        "states": "NotReviewed,InReview",
        "include": "User",
        "first": "2",
    }
    url = get_links(member("GET", "/issue", params=query))["next"]
    sent = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert sent.pop("after")
    assert sent == {name: [value] for name, value in query.items()}


@pytest.mark.parametrize("path", ["/user", "/project"])
def test_users_and_projects_have_links(reviewer, member, path):
    for name in ("one", "two"):
        member.report(project_id=f"{name} {uuid.uuid4().hex}")
    first = reviewer("GET", path, params={"page_size": 1, "page_order": "DESC"})
    second = reviewer("GET", get_links(first)["next"].removeprefix("/api/v1/app"))
    back = reviewer("GET", get_links(second)["prev"].removeprefix("/api/v1/app"))
    assert first.json()["data"] == back.json()["data"] != second.json()["data"]


def test_long_filters_leave_out_all_links_but_the_next(member, word):
    own_id = member.list_issues(page_size=1)[0]["created_by"]["id"]
    ids = ",".join([own_id, *(letter * 200 for letter in "éèêë")])
    query = {"created_by": ids, "page_size": 2, "page": 2}
    response = member("GET", "/issue", params=query)
    assert list(get_links(response)) == ["next"]
    assert len(follow(member, response, "next")) == 3
