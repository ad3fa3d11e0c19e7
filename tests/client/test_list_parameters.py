"""The parameters of lists, and what happens if a server refuses them."""

from urllib.parse import parse_qs, urlsplit

import pytest

from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState, IssueType
from tests.servers import original_api

PAGE_PARAMETERS = {"page", "page_size"}
OPTIONAL_PARAMETERS = {"include", "states", "type", "page_order", "total_count"}
"""Parameters that some servers require and others refuse."""


def fetch_sent_parameters(server) -> list[set[str]]:
    """Return the names of the parameters of each list that the server has received."""
    return [set(parse_qs(urlsplit(call.target).query)) for call in server.calls]


@pytest.mark.parametrize("api_variant", ["newer", "newer-strict"], indirect=True)
def test_list_sends_the_parameters_that_servers_may_require(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    created = client.create(api_variant.make_new_issue("x"))
    api_variant.server.clear_calls()
    page = client.list()
    assert page.data[0].id == created.id, "the newest issue comes first"
    assert page.total_count >= 1
    assert page.data[0].created_by.name == "Sasha"
    assert page.data[0].project.name == "Support"
    [parameters] = fetch_sent_parameters(api_variant.server)
    assert parameters >= OPTIONAL_PARAMETERS


@pytest.mark.parametrize("new_variant", ["original"], indirect=True)
def test_refused_parameters_are_sent_only_once(new_variant, client_factory):
    client = new_variant.make_client(client_factory)
    created = client.create(new_variant.make_new_issue("x"))
    new_variant.server.clear_calls()
    for _ in range(2):
        assert [issue.id for issue in client.list().data] == [created.id]
    assert [issue.id for issue in client.iterate()] == [created.id]
    refused, *accepted = fetch_sent_parameters(new_variant.server)
    assert refused >= OPTIONAL_PARAMETERS
    assert len(accepted) == 3
    assert all(parameters <= PAGE_PARAMETERS for parameters in accepted)


@pytest.mark.parametrize("new_variant", ["original", "original-ignoring"], indirect=True)
def test_iteration_filters_if_the_server_cannot(new_variant, client_factory):
    client = new_variant.make_client(client_factory)
    issues = [client.create(new_variant.make_new_issue(f"Word {number}")) for number in range(5)]
    format_issue = client.create(new_variant.make_new_issue("else", type=IssueType.FORMAT))
    client.update(issues[0], state=IssueState.CLOSED)
    client.update(issues[3], state=IssueState.CLOSED)
    newest_first = [issue.id for issue in (format_issue, *issues[::-1])]
    queries = {
        IssueQuery(states=(IssueState.CLOSED,)): [issues[3].id, issues[0].id],
        IssueQuery(type=(IssueType.FORMAT, IssueType.NO_ANSWER)): [format_issue.id],
        IssueQuery(filter_by_text="wORD 4"): [issues[4].id],
        IssueQuery(search="wORD 4"): [issues[4].id],
        IssueQuery(search="SASHA"): newest_first,
        IssueQuery(search=f"#{issues[2].issue_number}"): [issues[2].id],
        IssueQuery(numbers=(issues[2].issue_number, 1)): [issues[2].id],
        IssueQuery(created_by=(original_api.USER["id"],)): newest_first,
        IssueQuery(created_by=(original_api.OTHER_USER["id"],)): [],
        IssueQuery(start_date=2**42): [],
        IssueQuery(end_date=2**42): newest_first,
        IssueQuery(states=(IssueState.DELETED,)): [],
    }
    for query, expected in queries.items():
        pages = query.model_copy(update={"page_size": 2})
        assert [issue.id for issue in client.iterate(pages)] == expected, query


@pytest.mark.parametrize("new_variant", ["original"], indirect=True)
def test_filtered_list_is_not_supported_if_the_server_cannot_filter(new_variant, client_factory):
    client = new_variant.make_client(client_factory)
    client.create(new_variant.make_new_issue("x"))
    for query in (
        IssueQuery(filter_by_text="x"),
        IssueQuery(states=(IssueState.CLOSED,)),
        IssueQuery(type=(IssueType.FORMAT,)),
        IssueQuery(start_date=1),
        IssueQuery(search="x"),
        IssueQuery(numbers=(1,)),
    ):
        with pytest.raises(errors.NotSupportedError):
            client.list(query)
    assert len(client.list().data) == 1


@pytest.mark.parametrize("new_variant", ["original-ignoring"], indirect=True)
def test_filtered_list_is_not_supported_if_the_server_ignores_filters(new_variant, client_factory):
    client = new_variant.make_client(client_factory)
    client.create(new_variant.make_new_issue("x"))
    assert len(client.list().data) == 1
    for query in (IssueQuery(states=(IssueState.CLOSED,)), IssueQuery(filter_by_text="absent")):
        with pytest.raises(errors.NotSupportedError):
            client.list(query)


@pytest.mark.parametrize("new_variant", ["newer", "newer-strict"], indirect=True)
def test_refused_cursor_does_not_stop_the_client_from_filtering(new_variant, client_factory):
    client = new_variant.make_client(client_factory)
    client.create(new_variant.make_new_issue("x"))
    with pytest.raises(errors.BadRequestError, match="cursor"):
        client.list(IssueQuery(after="no-cursor"))
    assert client.list(IssueQuery(filter_by_text="absent")).data == ()
    assert client.list().data[0].created_by is not None
