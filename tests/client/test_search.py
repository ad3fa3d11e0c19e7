"""The search over all fields, the probes for it, and deleted issues, on each variant of the API."""

import uuid

import pytest

from components.list_probes import probe_extra_filters, probe_filters, probe_search
from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState, Role
from tests.servers.installation import DATABASES


@pytest.mark.parametrize("api_variant", DATABASES, indirect=True)
def test_search_selects_issues(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    word = uuid.uuid4().hex
    first, second = (client.create(api_variant.make_new_issue(f"{word} {n}")) for n in range(2))
    for query, expected in {
        IssueQuery(search=word.upper()): [second.id, first.id],
        IssueQuery(search=word, numbers=(first.issue_number,)): [first.id],
        IssueQuery(search=f"#{first.issue_number}", filter_by_text=word): [first.id],
        IssueQuery(search=f"{word} 1", states=(IssueState.CLOSED,)): [],
    }.items():
        assert [issue.id for issue in client.list(query).data] == expected, query
        assert [issue.id for issue in client.iterate(query)] == expected, query
    assert client.list(search=f"{word} 0").total_count == 1
    with pytest.raises(errors.BadRequestError, match="search"):
        client.list(search="x" * 201)


@pytest.mark.parametrize("api_variant", ["newer", "newer-strict"], indirect=True)
def test_search_raises_an_error_if_the_server_refuses_it(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    client.create(api_variant.make_new_issue("x"))
    with pytest.raises(errors.BadRequestError, match="search"):
        client.list(search="x")
    assert client.list(filter_by_text="x").data


def test_probes_show_what_a_server_has(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    for anonymous in (True, False):
        client.create(api_variant.make_new_issue("x", anonymous=anonymous))
        assert probe_filters(client) is (api_variant.name != "original")
        assert probe_search(client) is (api_variant.name == "ours")
        assert probe_extra_filters(client) is (api_variant.name == "ours")


@pytest.mark.parametrize("api_variant", DATABASES, indirect=True)
def test_reviewer_reads_a_deleted_issue_and_who_deleted_it(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("x"))
    client.delete(issue.id)
    for call in (client.get, client.history):
        with pytest.raises(errors.NotFoundError):
            call(issue.id)
    deleted = client.get(issue.id, deleted=True)
    assert (deleted.state, deleted.description) == (IssueState.DELETED, "x")
    *_, entry = client.history(deleted, deleted=True).data
    assert (entry.action, entry.by.id) == ("deleted", client.me().id)
    assert entry.at == deleted.updated_at
    raw = client.with_raw_response.history(issue.id, deleted=True)
    assert raw.parse().data[-1].action == "deleted"


@pytest.mark.parametrize("api_variant", DATABASES, indirect=True)
def test_reporter_does_not_read_a_deleted_issue(api_variant, client_factory):
    token = api_variant.server.create_api_token(f"m{uuid.uuid4().hex}", Role.MEMBER)
    client = client_factory(api_variant.server.url, token)
    issue = client.create(api_variant.make_new_issue("x"))
    client.delete(issue.id)
    for call in (client.get, client.history):
        with pytest.raises(errors.NotFoundError):
            call(issue.id, deleted=True)
