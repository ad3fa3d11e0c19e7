"""The client with a running server of each variant of the API: original, newer, this project's."""

import uuid

import pytest

from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import Include, IssueState, IssueType, PageOrder
from tests.factories import make_new_issue
from tests.servers.newer_api import TOKEN


def test_issue_is_created_updated_and_deleted(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("before"))
    assert issue.state is IssueState.NOT_REVIEWED
    assert client.get(issue.id).description == "before"
    assert client.list().data[0].id == issue.id

    issue = client.update(issue, state=IssueState.IN_REVIEW, is_read=True)
    assert (issue.state, issue.is_read) == ("InReview", True)
    issue = client.update(issue, description="after", type=IssueType.FORMAT)
    assert (issue.description, issue.type) == ("after", "Format")
    assert (issue.state, issue.is_read) == ("InReview", True), (
        "an update must not change other fields"
    )
    assert client.get(issue.id) == issue

    client.delete(issue.id)
    for call in (client.get, client.delete):
        with pytest.raises(errors.NotFoundError):
            call(issue.id)


def test_anonymous_issue_has_no_creator(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    named, anonymous_issue = (
        client.create(api_variant.make_new_issue("x", anonymous=anonymous))
        for anonymous in (False, True)
    )
    assert client.get(named.id).created_by is not None
    assert client.get(anonymous_issue.id).created_by is None
    assert (anonymous_issue.receipt is not None) == (api_variant.name == "ours")


def test_iteration_returns_each_issue_once(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    created_ids = [client.create(api_variant.make_new_issue(str(number))).id for number in range(7)]
    ids = [issue.id for issue in client.iterate(IssueQuery(page_size=3))]
    assert ids[:7] == created_ids[::-1]
    assert len(set(ids)) == len(ids)
    ids = [issue.id for issue in client.iterate(IssueQuery(page=2, page_size=3))]
    assert ids[:4] == created_ids[3::-1]


def test_list_returns_numbered_pages(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    created_ids = [client.create(api_variant.make_new_issue(str(number))).id for number in range(4)]
    page = client.list(IssueQuery(page=2, page_size=2))
    assert [issue.id for issue in page.data] == [created_ids[1], created_ids[0]]
    assert page.has_previous_page


def test_filters_work_or_are_refused(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    word = uuid.uuid4().hex
    first, second = (client.create(api_variant.make_new_issue(f"{word} {n}")) for n in range(2))
    closed = client.update(second, state=IssueState.CLOSED)
    queries = {
        IssueQuery(filter_by_text=word, page_order=PageOrder.ASCENDING): [first.id, second.id],
        IssueQuery(filter_by_text=word, states=(IssueState.CLOSED,)): [closed.id],
        IssueQuery(filter_by_text=word, type=(IssueType.FORMAT, IssueType.NO_ANSWER)): [],
        IssueQuery(filter_by_text=word, created_by=(first.created_by.id,), first=1): [second.id],
        IssueQuery(filter_by_text=word, start_date=2**52, total_count=True): [],
        IssueQuery(filter_by_text=word, last=1, include=(Include.PROJECT,)): [first.id],
    }
    for query, expected in queries.items():
        if api_variant.name == "original":
            with pytest.raises(errors.BadRequestError, match="unknown parameters"):
                client.list(query)
        else:
            assert [issue.id for issue in client.list(query).data] == expected


def test_users_are_listed_unless_the_variant_lacks_them(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    if api_variant.name == "original":
        for call in (client.me, client.users):
            with pytest.raises(errors.NotFoundError):
                call()
        return
    me = client.me()
    assert me.id in {user.id for user in client.users()}
    if api_variant.name == "newer":
        assert [user.name for user in client.users()] == ["Sasha", "Kim", "Mo", "Ada", "Bo"]


def test_history_statistics_and_receipts_exist_only_in_our_variant(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("x", anonymous=True))
    if api_variant.name == "ours":
        assert client.history(issue.id).data[0].action == "created"
        assert client.stats().total >= 1
        assert client.look_up_receipt(issue.receipt).issue_number == issue.issue_number
        receipt = "0000-0000-0000-0000"
    else:
        receipt = "4821-0973-5512-8840"
        for call in (lambda: client.history(issue.id), client.stats):
            with pytest.raises(errors.NotFoundError):
                call()
    with pytest.raises((errors.NotFoundError, errors.NotSupportedError)):
        client.look_up_receipt(receipt)


def test_unknown_ids_are_not_found_and_unknown_tokens_refused(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    for issue_id in ("issue_0000000000000000", "../user", "%00", "Ünïcode", "a b?c#d"):
        with pytest.raises(errors.NotFoundError):
            client.get(issue_id)
    stranger = client_factory(api_variant.server.url, "an-unknown-token", **api_variant.settings)
    with pytest.raises(errors.AuthenticationError):
        stranger.list()


def test_errors_name_the_invalid_field(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("x"))
    with pytest.raises(errors.BadRequestError) as raised:
        if api_variant.name == "ours":
            client.update(issue, state=IssueState.DELETED)
        else:
            client.create(make_new_issue(project_id="p"))
    expected = {"original": "project_id", "newer": "config", "ours": "state"}
    assert raised.value.fields[0].field == expected[api_variant.name]


def test_update_after_an_unseen_change_is_a_conflict(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    seen = client.get(client.create(api_variant.make_new_issue("seen")).id)
    assert (seen.etag is not None) == (api_variant.name == "ours")
    changed = client.update(seen, description="changed", if_unchanged=True)
    listed = next(issue for issue in client.iterate() if issue.id == seen.id)
    with pytest.raises(errors.PreconditionFailedError):
        client.update(seen, state=IssueState.CLOSED, if_unchanged=True)
    assert client.get(seen.id).state is IssueState.NOT_REVIEWED
    client.update(listed, state=IssueState.CLOSED, if_unchanged=True)
    if api_variant.name == "ours":
        with pytest.raises(errors.PreconditionFailedError):
            client.delete(seen.id, etag=changed.etag)
    client.delete(seen.id, etag=client.get(seen.id).etag)


def test_organisation_is_sent(newer_api_server, client_factory):
    with pytest.raises(errors.BadRequestError, match="x-org"):
        client_factory(newer_api_server.url, TOKEN).list()
    with pytest.raises(errors.NotFoundError, match="organisation"):
        client_factory(newer_api_server.url, TOKEN, org="another").list()


@pytest.mark.parametrize("api_variant", ["newer"], indirect=True)
def test_values_of_a_newer_api_server_are_accepted(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("Park this"))
    assert client.get(issue.id).state == "Parked"
    assert client.update(issue, is_read=True).state == "Parked"
    assert client.list(IssueQuery(include=(Include.PROJECT,))).data[0].project.name == "Support"
    assert client.users()[2].roles == ()
