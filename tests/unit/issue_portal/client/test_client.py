"""The requests that the sync and async clients send."""

import asyncio
import inspect
import json
import traceback

import httpx
import pytest

from issue_portal import NOT_GIVEN
from issue_portal.client import errors
from issue_portal.client.arguments import IssueChanges, IssueFilters, NewIssueFields
from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.client import IssuesClient
from issue_portal.client.pages import AsyncIssuePage, SyncIssuePage
from issue_portal.client.raw_responses import AsyncRawCalls, RawCalls
from issue_portal.models.requests import BulkChange, IssueQuery, IssueUpdate, NewIssue
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import REQUEST_ID_HEADER, IssueState, IssueType
from tests.client.conftest import run_in_new_thread
from tests.factories import make_new_issue
from tests.servers.scripted_server import serving

ISSUE = {"id": "issue_5c4b3a2d1e0f9a8b", "issue_number": 7, "description": "x", "is_read": True}
OK = (200, {}, ISSUE)
SECRET = "private"


def test_both_clients_have_the_same_documented_methods():
    def list_methods(client_type):
        return {
            name: [p.replace(annotation="") for p in inspect.signature(method).parameters.values()]
            for name, method in vars(client_type).items()
            if inspect.isfunction(method)
            and not name.startswith("_")
            and name not in ("close", "aclose")
        }

    assert list_methods(IssuesClient) == list_methods(AsyncIssuesClient)
    assert list_methods(SyncIssuePage) == list_methods(AsyncIssuePage)
    assert list_methods(RawCalls) == list_methods(AsyncRawCalls)
    for client_type in (IssuesClient, AsyncIssuesClient):
        assert all(getattr(client_type, name).__doc__ for name in list_methods(client_type))


def test_keywords_are_the_fields_of_the_models():
    assert NewIssueFields.__annotations__.keys() == NewIssue.model_fields.keys()
    assert IssueChanges.__annotations__.keys() == IssueUpdate.model_fields.keys()


def test_update_repeats_is_read_of_the_fetched_issue(make_client):
    with serving(OK) as server:
        client = make_client(server.url)
        client.update(client.get("x"), state=IssueState.CLOSED)
        assert json.loads(server.requests[-1][3]) == {"is_read": True, "state": "Closed"}


def test_update_omits_is_read_if_the_fetched_issue_has_none(make_client):
    with serving((200, {}, {"id": "x", "is_read": None}), OK) as server:
        client = make_client(server.url)
        client.update(client.get("x"), type=IssueType.FORMAT)
        assert json.loads(server.requests[-1][3]) == {"type": "Format"}


def test_bulk_change_sends_a_hundred_issues_at_a_time(make_client):
    ids = [f"issue_{number}" for number in range(144)]
    pages = [
        [{"id": issue_id, "status": 404, "code": "not_found"} for issue_id in part]
        for part in (ids[:100], ids[100:])
    ]
    with serving(*((200, {}, page) for page in pages)) as server:
        results = make_client(server.url).update_many(ids, BulkChange(delete=True))
        assert [result.id for result in results] == ids
        assert {result.code for result in results} == {"not_found"}
        bodies = [json.loads(request[3]) for request in server.requests]
        assert [body["ids"] for body in bodies] == [ids[:100], ids[100:]]
        assert [body["change"] for body in bodies] == [{"delete": True}] * 2
        with pytest.raises(TypeError, match="several"):
            make_client(server.url).update_many("issue_1", BulkChange(delete=True))


@pytest.mark.parametrize(
    ("keywords", "sent"),
    [
        ({"states": "Closed,InReview"}, "Closed,InReview"),
        ({"states": [IssueState.CLOSED, "InReview"]}, "Closed,InReview"),
    ],
)
def test_lists_take_the_fields_of_a_query_as_keywords(make_client, keywords, sent):
    page = (200, {}, {"data": [{"id": "x", "state": "Closed"}]})
    with serving(page, page, page) as server:
        client = make_client(server.url)
        client.list(**keywords, page_size=5)
        list(client.iterate(**keywords, page_size=5))
        client.with_raw_response.list(**keywords, page_size=5)
        for _, url, _, _ in server.requests:
            params = httpx.URL(url).params
            assert (params["states"], params["page_size"]) == (sent, "5")


def test_invalid_keywords_of_lists_are_refused_before_a_request(make_client):
    client = make_client("http://127.0.0.1:1")
    for call in (
        client.list,
        lambda **filters: next(client.iterate(**filters)),
    ):
        with pytest.raises(errors.BadRequestError, match="page_size") as raised:
            call(page_size=101)
        assert [invalid.field for invalid in raised.value.fields] == ["page_size"]
        with pytest.raises(errors.BadRequestError, match="state: Extra"):
            call(state="Closed")
        with pytest.raises(TypeError, match="not both"):
            call(query=IssueQuery(), page_size=1)


def test_every_field_of_a_query_is_a_keyword():
    assert set(IssueFilters.__annotations__) == set(IssueQuery.model_fields)


def test_query_is_sent_as_url_parameters(make_client):
    with serving((200, {}, {"data": []})) as server:
        query = IssueQuery(
            page=2, states=(IssueState.CLOSED, IssueState.IN_REVIEW), total_count=False
        )
        make_client(server.url).list(query)
        sent = httpx.URL(server.requests[0][1]).params
        assert dict(sent) == {
            "page": "2",
            "states": "Closed,InReview",
            "total_count": "false",
            # Some servers require these parameters, and list the oldest issues first.
            "include": "User,Project",
            "type": "NoAnswer,Inaccurate,NoContextUsed,Format,Other",
            "page_order": "DESC",
        }


@pytest.mark.parametrize(
    ("issue_id", "path"),
    [("../user?x=1#y", "%2E%2E%2Fuser%3Fx%3D1%23y"), ("..", "%2E%2E"), ("a%2Fb", "a%252Fb")],
)
def test_issue_id_cannot_change_the_path(make_client, issue_id, path):
    with serving(OK) as server:
        make_client(server.url).get(issue_id)
        assert server.calls == [f"GET /issue/{path}"]


def test_token_is_sent_instead_of_netrc_or_url_credentials(make_client, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(OK) as server:
        make_client(server.url.replace("://", "://user:word@"), org="aurora").get("x")
        headers = server.requests[0][2]
        assert headers["Authorization"] == "Bearer the-token-of-the-tests"
        assert headers["x-org"] == "aurora"


def test_token_function_is_called_for_each_attempt(client_factory):
    tokens = iter(["old", "new"])
    with serving((503, {}, {}), OK) as server:
        client_factory(server.url, lambda: next(tokens)).get("x")
        sent = [headers["Authorization"] for _, _, headers, _ in server.requests]
        assert sent == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("token", ["", "line\nbreak", "Ünïcode", " "])
def test_token_with_invalid_characters_is_refused(client_factory, token):
    with serving(OK) as server:
        with pytest.raises(errors.AuthenticationError):
            client_factory(server.url, token).get("x")
        assert server.requests == []


def test_a_cancelled_task_leaves_the_client_usable():
    async def run_scenario(url):
        async with AsyncIssuesClient(url, "token") as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.get("slow")
            assert (await client.get("x")).issue_number == 7

    def slow(handler):
        handler.rfile.read(1)

    with serving(slow, OK) as server:
        run_in_new_thread(asyncio.run, run_scenario(server.url))


def test_each_report_gets_a_new_idempotency_key_unless_one_is_passed(make_client):
    with serving((201, {}, ISSUE)) as server:
        client = make_client(server.url)
        client.create(make_new_issue())
        client.create(make_new_issue())
        client.create(make_new_issue(), idempotency_key="own-key")
        keys = [headers["Idempotency-Key"] for _, _, headers, _ in server.requests]
        assert len(set(keys)) == 3
        assert keys[-1] == "own-key"
        with pytest.raises(errors.BadRequestError):
            client.create(make_new_issue(), idempotency_key="line\nbreak")
        with pytest.raises(errors.BadRequestError, match="Idempotency-Key"):
            client.create(make_new_issue(), idempotency_key="")


@pytest.mark.parametrize("end", ["/api/v1", "/api/v1/", "/api/v1/app", "/"])
def test_base_url_may_contain_the_path_of_the_api(make_client, end):
    with serving(OK) as server:
        make_client(server.url + end).get("x")
        assert server.requests[0][1] == "/api/v1/app/issue/x"


def test_update_returns_what_was_known_sent_and_answered(make_client):
    known = Issue.model_validate(
        {"id": "x", "description": "a", "type": "Other", "is_read": True, "state": "NotReviewed"}
    )
    answer = {"id": "x", "state": "InReview", "is_read": True}
    with serving((200, {}, answer)) as server:
        changed = make_client(server.url).update(
            known, state=IssueState.IN_REVIEW, type=IssueType.FORMAT
        )
    assert (changed.description, changed.type) == ("a", IssueType.FORMAT)
    assert changed.state is IssueState.IN_REVIEW


def test_projects_are_listed_and_named(make_client):
    page = {"data": [{"id": "a/b", "name": "Support", "count": 3}], "next_cursor": None}
    named = {"id": "a/b", "name": "Help", "count": 3}
    with serving((200, {}, page), (200, {}, named)) as server:
        client = make_client(server.url)
        [project] = client.projects()
        assert client.name_project(project.id, "Help").name == "Help"
        assert server.calls == ["GET /project", "PUT /project/a%2Fb"]


def get_body(server) -> dict:
    """Return the body of the last request."""
    return json.loads(server.requests[-1][3])


def test_report_is_created_from_keywords(make_client):
    with serving((201, {}, ISSUE)) as server:
        client = make_client(server.url)
        client.create(type="Inaccurate", description="Wrong.")
        named = {"resource_type": "Thread", "type": "Inaccurate", "anonymous": False}
        assert get_body(server) == named | {"description": "Wrong."}
        config = {"thread_id": "t", "reported_interaction_id": "i"}
        client.create(type=IssueType.OTHER, anonymous=True, project_id="p", config=config)
        assert get_body(server) == {
            "resource_type": "Thread",
            "type": "Other",
            "anonymous": True,
            "project_id": "p",
            "config": config,
        }
        assert REQUEST_ID_HEADER not in server.requests[-1][2]


@pytest.mark.parametrize(
    ("keywords", "field"),
    [
        ({}, "type"),
        ({"type": "Rude"}, "type"),
        ({"type": "Other", "anonymus": True}, "anonymus"),
        ({"type": "Other", "anonymous": "yes"}, "anonymous"),
        ({"type": "Other", "resource_type": "File"}, "resource_type"),
        ({"type": "Other", "config": {"thread_id": "t"}}, "config.reported_interaction_id"),
        ({"type": "Other", "description": SECRET * 2000}, "description"),
        ({"type": "Other", "description": SECRET + "\x00"}, "description"),
    ],
)
def test_invalid_keywords_are_refused_without_their_values(make_client, keywords, field):
    with serving((201, {}, ISSUE)) as server:
        with pytest.raises(errors.BadRequestError) as raised:
            make_client(server.url).create(**{"description": SECRET} | keywords)
        assert [invalid.field for invalid in raised.value.fields] == [field]
        error = raised.value
        assert SECRET not in "".join(traceback.format_exception(error)) + repr(vars(error))
        assert server.requests == []


def test_report_is_either_a_model_or_keywords(make_client):
    with serving((201, {}, ISSUE)) as server:
        with pytest.raises(TypeError, match="not both"):
            make_client(server.url).create(make_new_issue(), anonymous=True)
        assert server.requests == []


def test_update_by_id_fetches_the_read_mark_that_it_repeats(make_client):
    with serving(OK) as server:
        changed = make_client(server.url).update("x", state="Closed", type=NOT_GIVEN)
        assert server.calls == ["GET /issue/x", f"PUT /issue/{ISSUE['id']}"]
        assert get_body(server) == {"is_read": True, "state": "Closed"}
        assert changed.description == "x"


def test_update_by_id_with_a_read_mark_is_one_request(make_client):
    with serving((200, {}, {"id": "x"})) as server:
        changed = make_client(server.url).update("x", is_read=False, state=IssueState.CLOSED)
        assert server.calls == ["PUT /issue/x"]
        assert get_body(server) == {"is_read": False, "state": "Closed"}
        assert (changed.is_read, changed.state) == (False, "Closed")


def test_update_by_id_if_unchanged_sends_the_entity_tag_that_it_fetched(make_client):
    with serving((200, {"ETag": '"1"'}, ISSUE)) as server:
        make_client(server.url).update("x", is_read=True, if_unchanged=True)
        assert server.requests[-1][2]["If-Match"] == '"1"'
        assert len(server.requests) == 2


def test_none_clears_a_description_and_nothing_else(make_client):
    known = Issue.model_validate(ISSUE)
    with serving((200, {}, {"id": "x", "description": None})) as server:
        client = make_client(server.url)
        assert client.update(known, description=None).description is None
        assert get_body(server) == {"description": None, "is_read": True}
        for changes in ({"state": None}, {"type": "Rude"}, {"is_read": 1}, {"stat": "Closed"}):
            with pytest.raises(errors.BadRequestError) as raised:
                client.update("x", **changes)
            assert [invalid.field for invalid in raised.value.fields] == [*changes]
        assert len(server.requests) == 1


def test_calls_take_an_issue_or_its_id(make_client):
    known = Issue(id="x")
    with serving(OK) as server:
        client = make_client(server.url)
        for issue in (known, known.id):
            client.get(issue)
            client.delete(issue)
            client.restore(issue)
        with pytest.raises(errors.BadResponseError):
            client.history(known)
        with pytest.raises(errors.BadResponseError):
            client.update_many([known, "y"], BulkChange(is_read=True))
        paths = ["GET /issue/x", "DELETE /issue/x", "POST /issue/x/restore"]
        assert server.calls == [*paths * 2, "GET /issue/x/history", "POST /issue/bulk"]
        assert get_body(server)["ids"] == ["x", "y"]


def test_empty_id_and_unsafe_tag_are_refused(make_client):
    with serving(OK) as server:
        client = make_client(server.url)
        for call in (
            lambda: client.get(""),
            lambda: client.delete(""),
            lambda: client.update("", is_read=True),
            lambda: client.delete("x", etag="line\nbreak"),
            lambda: client.name_project("p", ""),
        ):
            with pytest.raises(errors.BadRequestError) as raised:
                call()
            assert raised.value.fields
        assert server.requests == []
