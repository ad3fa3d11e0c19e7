"""Lists from servers that filter, refuse list parameters, or ignore them."""

import httpx
import pytest

from issue_portal.client import errors
from issue_portal.client.server_memory import ServerMemory
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState, IssueType, PageOrder
from tests.servers.scripted_server import serving

REFUSED = (400, {"Content-Type": "text/plain"}, b"unknown parameters")
OPEN_ONLY = IssueQuery(states=(IssueState.NOT_REVIEWED,))


def make_page(*issues, more=False):
    return (200, {}, {"data": list(issues), "has_next_page": more})


def make_issue(issue_id, state="NotReviewed", **fields):
    return {"id": issue_id, "state": state, "type": "Other", "description": issue_id, **fields}


def list_parameters(server):
    """Return the names of the query parameters of each request."""
    return [set(httpx.URL(request[1]).params) for request in server.requests]


def test_server_that_refuses_parameters_gets_only_pages_from_then_on(make_client):
    with serving(REFUSED, make_page(make_issue("a"), more=True)) as server:
        client = make_client(server.url)
        for number in (1, 2):
            assert client.list(IssueQuery(page=number)).data[0].id == "a"
        assert list_parameters(server)[1:] == [{"page", "page_size"}] * 2
        assert httpx.URL(server.requests[-1][1]).params["page"] == "2"


def test_clients_with_the_same_memory_learn_once(make_client):
    memory = ServerMemory()
    with serving(REFUSED, make_page()) as server:
        make_client(server.url, memory=memory).list()
        make_client(server.url, memory=memory).list()
        assert len(server.requests) == 3


def test_refused_query_is_not_taken_for_a_server_without_filters(make_client):
    with serving(REFUSED, make_page(), make_page()) as server:
        client = make_client(server.url)
        with pytest.raises(errors.BadRequestError, match="unknown parameters"):
            client.list(IssueQuery(filter_by_text="x" * 200))
        client.list(OPEN_ONLY)
        assert "states" in list_parameters(server)[-1]


@pytest.mark.parametrize(
    ("query", "refusals"),
    [(OPEN_ONLY, 2), (IssueQuery(page_order=PageOrder.ASCENDING), 1), (IssueQuery(after="x"), 2)],
)
def test_page_that_the_server_cannot_select_raises_not_supported(make_client, query, refusals):
    with serving(*[REFUSED] * refusals, make_page()) as server:
        client = make_client(server.url)
        with pytest.raises(errors.NotSupportedError, match="cannot apply"):
            client.list(query)


@pytest.mark.parametrize("first_answers", [[REFUSED, REFUSED], []], ids=["refuses", "ignores"])
def test_iteration_filters_if_the_server_does_not(make_client, first_answers):
    issues = [make_issue("a"), make_issue("b", "Closed"), make_issue("c"), make_issue("d", "Gone")]
    pages = [make_page(*issues[:2], more=True), make_page(*issues[2:])]
    with serving(*first_answers, *pages) as server:
        client = make_client(server.url)
        assert [issue.id for issue in client.iterate(OPEN_ONLY)] == ["a", "c"]
        assert list_parameters(server)[-1] == {"page", "page_size"}


@pytest.mark.parametrize(
    ("query", "issue"),
    [
        (IssueQuery(filter_by_text="café"), make_issue("cafe")),
        (IssueQuery(type=(IssueType.OTHER,)), make_issue("a") | {"type": "Tone"}),
        (IssueQuery(end_date=10_000), make_issue("a", created_at="1970-01-01T00:00:10Z")),
        (IssueQuery(search="x"), make_issue("a", issue_number=1, created_by=None)),
        (IssueQuery(numbers=(2,)), make_issue("a", issue_number=1)),
    ],
    ids=["text", "unknown type", "end of a period", "search", "number"],
)
def test_what_servers_see_differently_does_not_count_as_ignored(make_client, query, issue):
    with serving(make_page(issue)) as server:
        client = make_client(server.url)
        assert client.list(query).data[0].id == issue["id"]
        assert client.list(query).data[0].id == issue["id"]


def test_iteration_reverses_the_list_of_a_server_that_cannot(make_client):
    pages = [make_page(make_issue("b"), more=True), make_page(make_issue("a"))]
    with serving(REFUSED, *pages) as server:
        query = IssueQuery(page_order=PageOrder.ASCENDING)
        assert [issue.id for issue in make_client(server.url).iterate(query)] == ["a", "b"]


def test_iteration_refuses_a_filter_by_fields_that_the_server_does_not_send(make_client):
    with serving(REFUSED, REFUSED, make_page({"id": "a", "state": "NotReviewed"})) as server:
        issues = make_client(server.url).iterate(IssueQuery(type=(IssueType.FORMAT,)))
        with pytest.raises(errors.NotSupportedError, match="type"):
            list(issues)


def test_unknown_values_are_listed_once_they_were_seen(make_client):
    with serving(make_page(make_issue("a", "Parked") | {"type": "Tone"})) as server:
        client = make_client(server.url)
        client.list()
        client.list()
        first, second = (httpx.URL(request[1]).params for request in server.requests)
        assert "Parked" not in first["states"]
        assert second["states"] == "NotReviewed,InReview,Closed,Parked"
        assert second["type"].endswith("Other,Tone")


def test_unknown_values_that_the_server_refuses_are_not_listed_again(make_client):
    with serving(make_page(make_issue("a", "Parked")), REFUSED, make_page()) as server:
        client = make_client(server.url)
        for _ in range(3):
            client.list()
        states = [httpx.URL(request[1]).params["states"] for request in server.requests]
        assert ["Parked" in each for each in states] == [False, True, False, False]


def test_refused_type_does_not_make_an_unknown_state_disappear(make_client):
    parked = make_issue("a", "Parked") | {"type": "Tone"}
    with serving(make_page(parked), REFUSED, make_page(parked), make_page()) as server:
        client = make_client(server.url)
        for _ in range(3):
            client.list()
        sent = [httpx.URL(request[1]).params for request in server.requests]
        assert ["Tone" in each["type"] for each in sent] == [False, True, False, False]
        assert ["Parked" in each["states"] for each in sent] == [False, True, True, True]


def test_another_refusal_does_not_make_unknown_values_disappear(make_client):
    with serving(make_page(make_issue("a", "Parked")), REFUSED, REFUSED, make_page()) as server:
        client = make_client(server.url)
        client.list()
        with pytest.raises(errors.BadRequestError):
            client.list(IssueQuery(after="x"))
        client.list()
        assert "Parked" in httpx.URL(server.requests[-1][1]).params["states"]


def test_unknown_values_are_looked_for_among_the_newest_issues(make_client):
    with serving(make_page(make_issue("a", "Parked")), make_page()) as server:
        client = make_client(server.url)
        client.learn_values()
        client.list()
        assert not {"states", "type"} & list_parameters(server)[0]
        assert "Parked" in httpx.URL(server.requests[1][1]).params["states"]


def test_server_that_requires_states_is_not_asked_for_others_again(make_client):
    with serving(REFUSED) as server:
        client = make_client(server.url)
        client.learn_values()
        client.learn_values()
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, b"<html>Sign in to the proxy</html>"),
        (200, {}, {"total_count": 0}),
        (200, {}, {"data": "x"}),
    ],
    ids=["HTML", "without data", "data of another type"],
)
def test_page_that_is_no_list_is_a_bad_response(make_client, answer):
    with serving(answer) as server:
        client = make_client(server.url)
        for fetch in (client.list, lambda: list(client.iterate())):
            with pytest.raises(errors.BadResponseError):
                fetch()
