"""Changes whose answer is lost: repeated where that is safe, else reported as unknown."""

import httpx
import pytest

from issue_portal.client import errors
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState
from tests.client.conftest import new
from tests.client.prepared_answers import (
    BROKEN_OFF,
    ISSUE,
    KEEPS_KEYS,
    LIFETIME,
    MADE,
    NOT_TAKEN,
    OK,
)
from tests.servers.script import drop, forward, serving, then_close

# Reports


@pytest.mark.parametrize("failure", BROKEN_OFF)
def test_report_is_not_repeated_where_it_could_be_stored_twice(quick, failure):
    with serving(failure, (404, {}, b"")) as script:
        with pytest.raises(
            (errors.UnreachableError, errors.ServerError), match="may have stored it"
        ) as raised:
            quick(script.url).create(new())
        assert raised.value.unsure
        assert script.asked == ["POST /issue", "GET /me"]


@pytest.mark.parametrize("failure", BROKEN_OFF)
def test_report_is_repeated_where_keys_are_kept(quick, failure):
    with serving(failure, KEEPS_KEYS, failure, MADE) as script:
        assert quick(script.url).create(new(), idempotency_key="k").issue_number == 7
        assert script.asked == ["POST /issue", "GET /me", "POST /issue", "POST /issue"]
        keys = {h.get("Idempotency-Key") for _, path, h, _ in script.requests if "issue" in path}
        assert keys == {"k"}


def test_what_an_earlier_answer_said_of_keys_is_remembered(quick):
    with serving((200, LIFETIME, ISSUE), drop, MADE) as script:
        client = quick(script.url)
        client.get("x")
        client.create(new())
        assert script.asked == ["GET /issue/x", "POST /issue", "POST /issue"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/issue", 200),
        ("GET", "/issue?page=0", 400),
        ("GET", "/issue/issue_0000000000000000", 404),
        ("POST", "/issue", 415),
    ],
)
def test_our_server_says_that_it_keeps_keys(api, method, path, status):
    for token, expected in ((api.token("Asker"), status), ("nobody's", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.request(method, f"{api.url}/api/v1/app{path}", headers=headers)
        assert answer.status_code == expected
        assert answer.headers["Idempotency-Key-Lifetime"] == "86400"


@pytest.mark.parametrize("lifetime", ["0", "3", "no", "", "-1"])
def test_keys_that_are_soon_forgotten_do_not_count(quick, lifetime):
    headers = {"Idempotency-Key-Lifetime": lifetime}
    with serving(drop, (200, headers, {})) as script:
        with pytest.raises(errors.UnreachableError, match="may have stored it"):
            quick(script.url).create(new())
        assert len(script.requests) == 2


def test_server_that_comes_back_is_asked_as_soon_as_it_answers(quick):
    with serving(drop, (502, {}, b""), KEEPS_KEYS, MADE) as script:
        quick(script.url).create(new())
        assert script.asked == ["POST /issue", "GET /me", "GET /me", "POST /issue"]


def test_report_that_was_not_taken_is_repeated_anywhere(quick):
    with serving(NOT_TAKEN, NOT_TAKEN, MADE) as script:
        quick(script.url).create(new())
        assert script.asked == ["POST /issue"] * 3


def test_report_of_unknown_end_stays_so_whatever_came_later(quick):
    with serving(drop, KEEPS_KEYS, (401, {}, {"title": "Expired."})) as script:
        with pytest.raises(errors.AuthenticationError, match=r"Expired\. The server may") as raised:
            quick(script.url).create(new())
        assert raised.value.unsure


def test_report_with_an_unreadable_answer_is_not_repeated(quick):
    with serving((201, LIFETIME, b"<html>")) as script:
        with pytest.raises(errors.BadResponseError, match="The server may have stored it anyway"):
            quick(script.url).create(new())
        assert len(script.requests) == 1


def test_report_whose_answer_is_lost_is_stored_once(form, connect):
    client = form.connect(connect)
    url = form.server.url
    before = len(list(client.iterate()))
    with serving(forward(url, lose=True), forward(url)) as script:
        between = form.connect(connect, url=script.url)
        if form.name == "ours":
            between.create(form.new("x"))
            assert script.asked == ["POST /issue", "GET /me", "POST /issue"]
        else:
            with pytest.raises(errors.UnreachableError, match="may have stored it"):
                between.create(form.new("x"))
    assert len(list(client.iterate())) == before + 1


def test_deletion_whose_answer_is_lost_is_done(form, connect):
    client = form.connect(connect)
    issue = client.create(form.new("x"))
    url = form.server.url
    with serving(forward(url, lose=True), forward(url)) as script:
        form.connect(connect, url=script.url).delete(issue.id)
    with pytest.raises(errors.NotFoundError):
        client.get(issue.id)


def test_change_whose_answer_is_lost_is_ones_own(form, connect):
    client = form.connect(connect)
    issue = client.get(client.create(form.new("x")).id)
    url = form.server.url
    with serving(forward(url, lose=True), forward(url)) as script:
        between = form.connect(connect, url=script.url)
        changed = between.update(issue.model_copy(), is_read=True, if_unchanged=bool(issue.etag))
    assert changed.is_read
    assert changed.etag == client.get(issue.id).etag


# Connections that the server closed


def test_closed_connections_are_not_noticed(quick):
    with serving(then_close(200, LIFETIME, ISSUE)) as script:
        client = quick(script.url)
        for _ in range(3):
            client.get("x")
            client.create(new())
            client.update(Issue(id="i"), is_read=True)
            client.delete("x")


# Changes and deletions


@pytest.mark.parametrize("status", [404, 410])
def test_deleted_by_the_first_attempt(quick, status):
    with serving(drop, (status, {}, {})) as script:
        quick(script.url).delete("x")
        assert script.asked == ["DELETE /issue/x"] * 2


def test_not_found_at_first_is_not_deleted(quick):
    for answers in ([(404, {}, {})], [NOT_TAKEN, (404, {}, {})]):
        with serving(*answers) as script, pytest.raises(errors.NotFoundError):
            quick(script.url).delete("x")


@pytest.mark.parametrize("left", [(404, {}, {}), (200, {}, {**ISSUE, "state": "Deleted"})])
def test_deleted_by_the_first_attempt_under_a_condition(quick, left):
    with serving(drop, (412, {}, {}), left) as script:
        quick(script.url).delete("x", etag='"a"')
        assert [h.get("If-Match") for _, _, h, _ in script.requests] == ['"a"', '"a"', None]


def test_changed_by_another_before_it_could_be_deleted(quick):
    with serving(drop, (412, {}, {}), OK) as script, pytest.raises(errors.PreconditionFailedError):
        quick(script.url).delete("x", etag='"a"')


def test_entity_tags_are_sent_back(quick):
    with serving((200, {"ETag": 'W/"a"'}, ISSUE), (200, {"ETag": '"b"'}, ISSUE)) as script:
        client = quick(script.url)
        issue = client.get("i")
        assert client.update(issue, is_read=True, if_unchanged=True).etag == '"b"'
        assert client.update(issue, is_read=True).etag == '"b"'
        assert [h.get("If-Match") for _, _, h, _ in script.requests] == [None, '"a"', None]


def test_own_change_is_not_taken_for_someone_elses(quick):
    closed = {**ISSUE, "state": "Closed"}
    first = (200, {"ETag": '"a"'}, ISSUE)
    with serving(first, drop, (412, {}, {}), (200, {"ETag": '"b"'}, closed)) as script:
        client = quick(script.url)
        issue = client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)
        assert (issue.state, issue.etag) == ("Closed", '"b"')


@pytest.mark.parametrize("now", [{}, {"state": "Closed", "description": "theirs"}])
def test_someone_elses_change_after_a_broken_attempt(quick, now):
    first = (200, {"ETag": '"a"'}, ISSUE)
    with serving(first, drop, (412, {}, {}), (200, {}, ISSUE | now)) as script:
        client = quick(script.url)
        with pytest.raises(errors.PreconditionFailedError):
            client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)


def test_change_of_unknown_end_is_told_as_such(quick):
    refused = (403, {}, {"title": "No."})
    for call in (lambda client: client.delete("i"), lambda client: client.update(Issue(id="i"))):
        with serving(drop, refused) as script:
            with pytest.raises(
                errors.PermissionDeniedError, match="The server may have stored it anyway"
            ) as raised:
                call(quick(script.url))
            assert raised.value.unsure
        with serving(refused) as script:
            with pytest.raises(errors.PermissionDeniedError) as raised:
                call(quick(script.url))
            assert not raised.value.unsure


def test_condition_that_fails_at_once_is_not_looked_into(quick):
    with serving((200, {"ETag": '"a"'}, ISSUE), (412, {}, {})) as script:
        client = quick(script.url)
        with pytest.raises(errors.PreconditionFailedError):
            client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)
        assert len(script.requests) == 2
