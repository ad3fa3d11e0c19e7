"""Responses: the error that each failure raises, and the formats of other servers."""

import copy
import pickle
from datetime import timedelta, timezone

import pytest

from issue_portal.client import errors
from issue_portal.client.sender import mark_unsure
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue
from tests.servers.scripted_server import serving

PROBLEM = {
    "title": "No",
    "status": 400,
    "detail": "Bad.",
    "errors": [{"field": "a", "message": "b"}],
}


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (405, errors.NotSupportedError),
        (408, errors.ServerError),
        (409, errors.ConflictError),
        (410, errors.NotFoundError),
        (412, errors.PreconditionFailedError),
        (413, errors.BadRequestError),
        (422, errors.BadRequestError),
        (500, errors.ServerError),
        (501, errors.NotSupportedError),
        (599, errors.ServerError),
    ],
)
def test_each_status_raises_its_error(make_client, status, error_type):
    with serving((status, {}, PROBLEM)) as server:
        with pytest.raises(error_type, match="Bad") as raised:
            make_client(server.url).get("x")
        assert raised.value.status == status
        assert raised.value.fields[0].field == "a"


@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b"", b"[1]", b'"text"', b"\xff", b"null", b"[" * 10**5]
)
def test_error_response_without_a_problem_document_raises_its_error(make_client, body):
    with serving((404, {}, body)) as server, pytest.raises(errors.NotFoundError, match="Not Found"):
        make_client(server.url).get("x")


def test_plain_text_of_an_error_is_kept(make_client):
    answer = (404, {"Content-Type": "text/plain; charset=utf-8"}, b"issue not found\n")
    with serving(answer) as server, pytest.raises(errors.NotFoundError, match="issue not found"):
        make_client(server.url).get("x")


def test_absent_is_not_null():
    anonymous = Issue.model_validate({"id": "1", "created_by": None, "description": None})
    not_told = Issue.model_validate({"id": "1"})
    assert {"created_by", "description"} <= anonymous.model_fields_set
    assert "created_by" not in not_told.model_fields_set


def test_merged_answer_keeps_what_it_does_not_mention():
    known = Issue.model_validate(
        {"id": "1", "type": "Other", "is_read": True, "created_by": {"id": "u"}}
    )
    merged = known.merge(Issue.model_validate({"id": "1", "state": "Closed", "created_by": None}))
    assert (merged.type, merged.state, merged.is_read) == ("Other", "Closed", True)
    assert merged.created_by is None
    assert "is_read" in merged.model_fields_set


@pytest.mark.parametrize(
    "timestamp", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-27T08:00:00"]
)
def test_every_timestamp_can_be_converted_to_any_time_zone(timestamp):
    moment = Issue.model_validate({"id": "1", "created_at": timestamp}).created_at
    for hours in (-14, 0, 14):
        assert moment.astimezone(timezone(timedelta(hours=hours))) == moment


@pytest.mark.parametrize(
    ("document", "text", "fields"),
    [
        ({"detail": "Text."}, "Text.", []),
        ({"detail": "\ud800 Text."}, "? Text.", []),
        ({"message": "Text."}, "Text.", []),
        ({"error": "Text."}, "Text.", []),
        ({"error": {"message": "Text.", "code": 7}}, "Text.", []),
        ({"error": {"detail": "Text."}}, "Text.", []),
        ({"error": "code", "error_description": "Text."}, "Text.", []),
        ({"title": "Title.", "detail": None, "errors": None}, "Title.", []),
        ({"detail": {"code": 1}, "title": 5}, "Bad Request", []),
        (
            {"detail": [{"loc": ["body", "config", "thread_id"], "msg": "is missing"}]},
            "config.thread_id: is missing",
            ["config.thread_id"],
        ),
        ({"detail": [{"loc": "body", "msg": None}, "x"]}, "body: is invalid", ["body"]),
        ({"errors": [{"field": "a", "message": "b"}, 3]}, "a: b", ["a"]),
        ({"errors": [{"field": "a\udc00", "message": "b"}]}, "a?: b", ["a?"]),
    ],
)
def test_error_documents_in_other_formats_are_understood(make_client, document, text, fields):
    with serving((400, {}, document)) as server, pytest.raises(errors.BadRequestError) as raised:
        make_client(server.url).get("x")
    assert str(raised.value) == text
    assert [item.field for item in raised.value.fields] == fields


def test_error_messages_are_shortened(make_client):
    long = (400, {}, {"detail": "x" * 10**6})
    with serving(long) as server, pytest.raises(errors.BadRequestError) as raised:
        make_client(server.url).get("x")
    assert len(str(raised.value)) == 1000


@pytest.mark.parametrize(
    "body",
    [b"<html></html>", b"", b"[]", b'{"issue_number": 1}', b"\xff", b'{"id": null}', b"[" * 10**5],
)
def test_response_outside_the_contract_raises_bad_response(make_client, body):
    with serving((200, {}, body)) as server:
        client = make_client(server.url)
        for call in (lambda: client.get("x"), client.list, client.me, client.stats):
            with pytest.raises(errors.BadResponseError):
                call()


def test_unknown_fields_and_values_are_kept(make_client):
    unknown = {"priority": 1, "labels": [{"name": "a"}], "nothing": None}
    newer = {"id": "i", "type": "Rude", "state": "Parked", "created_by": None, **unknown}
    newer["project"] = {"id": "p", "colour": "red"}
    with serving((200, {}, newer)) as server:
        issue = make_client(server.url).get("x")
        assert (issue.type, issue.state) == ("Rude", "Parked")
        assert issue.model_extra == unknown
        assert issue.project.model_extra == {"colour": "red"}
        assert issue.model_dump(exclude_unset=True) == newer


def test_unknown_fields_named_like_attributes_do_no_harm(make_client):
    names = ("merge", "model_dump", "model_fields_set", "__class__", "_private", "self", "etag")
    sent = dict.fromkeys(names, "x") | {"id": "i", "is_read": True}
    newer = dict.fromkeys(names, "y") | {"id": "i", "state": "Closed"}
    with serving((200, {"ETag": '"1"'}, sent), (200, {}, newer)) as server:
        client = make_client(server.url)
        issue = client.get("i")
        assert issue.etag == '"1"'
        changed = client.update(issue, state="Closed")
        assert changed.etag is None
        assert (changed.state, changed.is_read) == ("Closed", True)
        assert changed.model_extra == dict.fromkeys(names[:-1], "y")
        assert issue.model_extra == dict.fromkeys(names[:-1], "x")
        assert {*changed.model_dump()} == {*type(issue).model_fields, *names} - {"etag"}


def test_errors_have_the_code_and_fields_of_the_server(make_client):
    document = {
        "code": "invalid_state",
        "errors": [{"field": "state", "message": "No.", "code": "invalid"}],
    }
    with serving((400, {"Retry-After": "60"}, document)) as server:
        with pytest.raises(errors.BadRequestError) as raised:
            make_client(server.url).get("x")
        assert (raised.value.code, raised.value.fields[0].code) == ("invalid_state", "invalid")
        assert raised.value.retry_after == 60
    nested = {"error": {"code": "gone", "message": "No."}, "errors": [{"field": "a", "code": 7}]}
    with serving((410, {}, nested)) as server, pytest.raises(errors.NotFoundError) as raised:
        make_client(server.url).get("x")
    assert (raised.value.code, raised.value.fields[0].code) == ("gone", None)


def test_errors_without_a_response_have_the_same_attributes(make_client):
    with pytest.raises(errors.UnreachableError) as raised:
        make_client("http://127.0.0.1:1", max_retries=0).get("x")
    error = raised.value
    assert (error.status, error.code, error.retry_after, error.fields) == (None, None, None, ())
    assert error.request_id
    with serving((200, {}, b"<html>")) as server, pytest.raises(errors.BadResponseError) as raised:
        make_client(server.url).get("x")
    error = raised.value
    assert (error.status, error.code, error.retry_after, error.fields) == (200, None, None, ())
    assert error.request_id


def test_errors_can_be_pickled_and_copied(make_client):
    lost = (503, {"Retry-After": "60"}, PROBLEM)
    with serving(lost) as server, pytest.raises(errors.ServerError) as raised:
        make_client(server.url).get("x")
    error = mark_unsure(raised.value)
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(copied) is errors.ServerError
        assert (str(copied), vars(copied)) == (str(error), vars(error))
        assert copied.unsure
        assert copied.retry_after == 60


def test_null_counts_as_absent(make_client):
    fields = (
        "issue_number description resource_type type state is_read data created_at updated_at"
        " created_by project receipt etag"
    )
    empty = dict.fromkeys(fields.split())
    user = {"id": "u", "roles": None, "state": None}
    with serving((200, {}, {**empty, "id": "i"})) as server:
        issue = make_client(server.url).get("i")
        assert (issue.is_read, issue.data) == (False, None)
    with serving((200, {}, {**empty, "id": "i", "created_by": user, "etag": "not this"})) as server:
        issue = make_client(server.url).get("i")
        assert (issue.created_by.roles, issue.etag) == ((), None)
    page = {"data": None, "next_cursor": None, "has_next_page": None, "total_count": None}
    with serving((200, {}, page)) as server:
        client = make_client(server.url)
        assert client.list().data == client.users() == client.history("i").data == ()


def test_users_are_read_from_a_list_or_from_pages(make_client):
    def page(*names, **more):
        return (200, {}, {"data": [{"id": name} for name in names], **more})

    plain_list = (200, {}, [{"id": "a"}, {"id": "b", "roles": None}])
    by_cursor = [page("a", next_cursor="2", has_next_page=True), page("b", has_next_page=False)]
    by_number = [page("a", has_next_page=True), page("b")]
    for responses in ([plain_list], [page("a", "b", total_count=2)], by_cursor, by_number):
        with serving(*responses) as server:
            assert [user.id for user in make_client(server.url).users()] == ["a", "b"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(make_client, status):
    with serving((200, {}, {"id": "i"})) as elsewhere:
        target = elsewhere.url.replace("://", "://user:word@") + "/path?q=private"
        with serving((status, {"Location": target}, b"")) as server:
            with pytest.raises(errors.BadResponseError) as raised:
                make_client(server.url).get("x")
            assert f"to {elsewhere.url}." in str(raised.value)
            assert len(server.requests) == 1
        assert elsewhere.requests == []


@pytest.mark.parametrize("headers", [{}, {"Location": "/login?next=1"}])
def test_redirect_without_a_host_raises_bad_response(make_client, headers):
    response = (302, headers, b"")
    with serving(response) as server, pytest.raises(errors.BadResponseError, match="redirect"):
        make_client(server.url).list(IssueQuery(page=1))
