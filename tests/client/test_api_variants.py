"""The client with a running server of each variant of the API: original, newer, this project's."""

import uuid
from itertools import islice

import pytest

from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery, NewIssue
from issue_portal.models.vocabulary import Include, IssueState, IssueType, PageOrder
from tests.servers import newer_api


def test_issue_is_created_updated_and_deleted(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("before"))
    assert issue.state is IssueState.NOT_REVIEWED
    assert client.get(issue.id).description == "before"
    assert client.list().data[0].id == issue.id

    issue = client.update(issue, state=IssueState.IN_REVIEW, is_read=True)
    assert (issue.state, issue.is_read) == ("InReview", True)
    stored = client.get(issue.id)
    assert stored.state is IssueState.IN_REVIEW
    assert stored.model_dump(exclude_unset=True) == issue.model_dump(
        include=stored.model_fields_set
    )

    client.delete(issue.id)
    for call in (client.get, client.delete):
        with pytest.raises(errors.NotFoundError):
            call(issue.id)


def test_text_and_type_are_edited_or_the_edit_is_refused(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    created = client.create(api_variant.make_new_issue("before"))
    issue = client.update(created, state=IssueState.IN_REVIEW, is_read=True)
    if api_variant.name == "original":
        with pytest.raises(errors.BadRequestError, match="description is not allowed"):
            client.update(issue, description="after")
        return
    issue = client.update(issue, description="after", type=IssueType.FORMAT)
    assert (issue.description, issue.type) == ("after", "Format")
    assert (issue.state, issue.is_read) == ("InReview", True), (
        "an update must not change other fields"
    )


def test_only_anonymous_reports_have_a_receipt_if_the_server_has_receipts(
    api_variant, client_factory
):
    client = api_variant.make_client(client_factory)
    named, anonymous = (
        client.create(api_variant.make_new_issue("x", anonymous=anonymous))
        for anonymous in (False, True)
    )
    assert named.receipt is None
    assert (anonymous.receipt is not None) == (api_variant.name == "ours")


def test_iteration_returns_each_issue_once(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    created_ids = [client.create(api_variant.make_new_issue(str(number))).id for number in range(7)]
    # The server also has the issues of other tests, too many to read them all.
    issues = islice(client.iterate(IssueQuery(page_size=3)), 20)
    ids = [issue.id for issue in issues]
    assert ids[:7] == created_ids[::-1]
    assert len(set(ids)) == len(ids)
    issues = islice(client.iterate(IssueQuery(page=2, page_size=3)), 4)
    assert [issue.id for issue in issues] == created_ids[3::-1]


def test_list_returns_numbered_pages(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    created_ids = [client.create(api_variant.make_new_issue(str(number))).id for number in range(4)]
    page = client.list(IssueQuery(page=2, page_size=2))
    assert [issue.id for issue in page.data] == [created_ids[1], created_ids[0]]
    assert page.has_previous_page


@pytest.mark.parametrize(
    "api_variant", ["newer", "newer-strict", "sqlite", "postgresql"], indirect=True
)
def test_filters_select_issues(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    word = uuid.uuid4().hex
    first, second = (client.create(api_variant.make_new_issue(f"{word} {n}")) for n in range(2))
    closed = client.update(second, state=IssueState.CLOSED)
    queries = {
        IssueQuery(filter_by_text=word, page_order=PageOrder.ASCENDING): [first.id, second.id],
        IssueQuery(filter_by_text=word, states=(IssueState.CLOSED,)): [closed.id],
        IssueQuery(filter_by_text=word, type=(IssueType.FORMAT, IssueType.NO_ANSWER)): [],
        IssueQuery(filter_by_text=word, created_by=(client.me().id,), first=1): [second.id],
        IssueQuery(filter_by_text=word, start_date=2**52, total_count=True): [],
        IssueQuery(filter_by_text=word, last=1, include=(Include.PROJECT,)): [first.id],
    }
    for query, expected in queries.items():
        assert [issue.id for issue in client.list(query).data] == expected


def test_users_are_listed_unless_the_variant_lacks_them(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    if api_variant.name == "original":
        for call in (client.me, client.users):
            with pytest.raises(errors.NotFoundError):
                call()
        return
    assert client.me().id in {user.id for user in client.users()}


@pytest.mark.parametrize("api_variant", ["newer"], indirect=True)
def test_users_of_all_pages_are_listed(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    api_variant.server.clear_calls()
    assert [user.name for user in client.users()] == list(newer_api.NAMES)
    calls = [str(call) for call in api_variant.server.calls]
    assert len(set(calls)) == len(calls), "each page is fetched once"


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


def test_update_after_an_unseen_change_is_a_conflict(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    seen = client.get(client.create(api_variant.make_new_issue("seen")).id)
    assert (seen.etag is not None) == (api_variant.name == "ours")
    changed = client.update(seen, state=IssueState.IN_REVIEW, if_unchanged=True)
    listed = next(issue for issue in client.iterate() if issue.id == seen.id)
    with pytest.raises(errors.PreconditionFailedError):
        client.update(seen, state=IssueState.CLOSED, if_unchanged=True)
    assert client.get(seen.id).state is IssueState.IN_REVIEW
    client.update(listed, state=IssueState.CLOSED, if_unchanged=True)
    if api_variant.name == "ours":
        with pytest.raises(errors.PreconditionFailedError):
            client.delete(seen.id, etag=changed.etag)
    client.delete(seen.id, etag=client.get(seen.id).etag)


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/"])
def test_base_url_may_end_with_the_path_of_the_api(api_variant, client_factory, path):
    client = api_variant.make_client(client_factory, url=f"{api_variant.server.url}{path}")
    created = client.create(api_variant.make_new_issue("x"))
    assert client.get(created.id).id == created.id


@pytest.mark.parametrize("org", [newer_api.ORG, newer_api.ORG_ID])
def test_organisation_is_sent(newer_api_server, client_factory, org):
    client = client_factory(newer_api_server.url, newer_api.TOKEN, org=org)
    assert client.me().org_id == newer_api.ORG_ID


def test_missing_or_unknown_organisation_is_an_error(newer_api_server, client_factory):
    with pytest.raises(errors.BadRequestError, match="x-org"):
        client_factory(newer_api_server.url, newer_api.TOKEN).list()
    with pytest.raises(errors.NotFoundError, match="organisation"):
        client_factory(newer_api_server.url, newer_api.TOKEN, org="another").list()


@pytest.mark.parametrize("api_variant", ["newer", "newer-strict"], indirect=True)
def test_values_of_a_newer_api_server_are_accepted(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    toned = client.create(api_variant.make_new_issue("Tone it down"))
    assert client.list(IssueQuery(include=(Include.PROJECT,))).data[0].project.name == "Support"
    assert client.list().data[0].type == "Tone"
    assert client.update(toned, is_read=True).type == "Tone"

    parked = client.create(api_variant.make_new_issue("Park this"))
    assert client.get(parked.id).state == "Parked"
    assert client.update(parked, is_read=True).state == "Parked"

    users = client.users()
    assert (users[2].state, users[3].roles) == ("Suspended", ())


@pytest.mark.parametrize("api_variant", ["newer"], indirect=True)
def test_description_may_be_absent(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    fields = api_variant.make_new_issue("x").model_dump(mode="json", exclude={"description"})
    created = client.create(NewIssue(**fields))
    assert client.get(created.id).description is None
    assert client.update(created, description="Added later.").description == "Added later."


def test_report_and_update_need_neither_models_nor_a_fetched_issue(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    fields = api_variant.required_fields
    issue = client.create(type="Inaccurate", description="before", **fields)
    assert (issue.type, issue.state) == (IssueType.INACCURATE, IssueState.NOT_REVIEWED)
    client.update(issue.id, is_read=True)
    changed = client.update(issue.id, state="InReview", if_unchanged=True)
    assert (changed.state, changed.is_read) == (IssueState.IN_REVIEW, True)
    fetched = client.get(issue)
    if "is_read" in fetched.model_fields_set:
        assert fetched.is_read, "an update by id must not change the read mark"
    client.delete(issue)
    with pytest.raises(errors.NotFoundError):
        client.update(issue.id, state="Closed")


def test_description_is_cleared_by_none_if_the_server_allows_it(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("before"))
    if api_variant.name != "ours":
        with pytest.raises(errors.BadRequestError, match="description"):
            client.update(issue, description=None)
        assert client.get(issue).description == "before"
        return
    assert client.update(issue, description=None).description is None
    assert client.get(issue).description is None


def test_pages_lead_to_all_issues(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    created_ids = [client.create(api_variant.make_new_issue(str(number))).id for number in range(7)]
    page = first = client.list(IssueQuery(page_size=3))
    ids = []
    for _ in range(3):
        ids += [issue.id for issue in page.data]
        page = page.next_page()
    assert ids[:7] == created_ids[::-1]
    ids = [issue.id for issue in first]
    assert ids[:7] == created_ids[::-1]
    assert len(set(ids)) == len(ids)
    assert ids == [issue.id for issue in client.iterate()]


def test_raw_responses_and_unknown_calls(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    created = client.with_raw_response.create(api_variant.make_new_issue("x"))
    issue = created.parse()
    assert created.status in (200, 201)
    response = client.request("GET", f"/issue/{issue.id}")
    assert response.parse()["id"] == issue.id
    assert response.headers["content-type"].startswith("application/json")
    with pytest.raises(errors.NotFoundError):
        client.request("GET", "/no-such-call")
    client.request("DELETE", f"/issue/{issue.id}")
    with pytest.raises(errors.NotFoundError):
        client.with_raw_response.get(issue)
