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
def test_report_is_not_repeated_if_it_could_be_stored_twice(quick, failure):
    with serving(failure, (404, {}, b"")) as script:
        with pytest.raises(
            (errors.UnreachableError, errors.ServerError), match="may have stored it"
        ) as raised:
            quick(script.url).create(new())
        assert raised.value.unsure
        assert script.asked == ["POST /issue", "GET /me"]


@pytest.mark.parametrize("failure", BROKEN_OFF)
def test_report_is_repeated_if_the_server_keeps_idempotency_keys(quick, failure):
    with serving(failure, KEEPS_KEYS, failure, MADE) as script:
        assert quick(script.url).create(new(), idempotency_key="k").issue_number == 7
        assert script.asked == ["POST /issue", "GET /me", "POST /issue", "POST /issue"]
        keys = {h.get("Idempotency-Key") for _, path, h, _ in script.requests if "issue" in path}
        assert keys == {"k"}


def test_client_remembers_that_the_server_keeps_keys(quick):
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
def test_our_server_announces_the_lifetime_of_keys(api, method, path, status):
    for token, expected in ((api.token("Asker"), status), ("nobody's", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.request(method, f"{api.url}/api/v1/app{path}", headers=headers)
        assert answer.status_code == expected
        assert answer.headers["Idempotency-Key-Lifetime"] == "86400"


@pytest.mark.parametrize("lifetime", ["0", "3", "no", "", "-1"])
def test_short_lifetime_of_keys_does_not_count(quick, lifetime):
    headers = {"Idempotency-Key-Lifetime": lifetime}
    with serving(drop, (200, headers, {})) as script:
        with pytest.raises(errors.UnreachableError, match="may have stored it"):
            quick(script.url).create(new())
        assert len(script.requests) == 2


def test_recovered_server_is_used_at_once(quick):
    with serving(drop, (502, {}, b""), KEEPS_KEYS, MADE) as script:
        quick(script.url).create(new())
        assert script.asked == ["POST /issue", "GET /me", "GET /me", "POST /issue"]


def test_report_that_was_not_accepted_is_repeated(quick):
    with serving(NOT_TAKEN, NOT_TAKEN, MADE) as script:
        quick(script.url).create(new())
        assert script.asked == ["POST /issue"] * 3


def test_report_with_unknown_outcome_stays_unknown(quick):
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


def test_change_whose_answer_is_lost_is_recognised(form, connect):
    client = form.connect(connect)
    issue = client.get(client.create(form.new("x")).id)
    url = form.server.url
    with serving(forward(url, lose=True), forward(url)) as script:
        between = form.connect(connect, url=script.url)
        changed = between.update(issue.model_copy(), is_read=True, if_unchanged=bool(issue.etag))
    assert changed.is_read
    assert changed.etag == client.get(issue.id).etag


# Connections that the server closed


def test_closed_connections_are_reopened(quick):
    with serving(then_close(200, LIFETIME, ISSUE)) as script:
        client = quick(script.url)
        for _ in range(3):
            client.get("x")
            client.create(new())
            client.update(Issue(id="i"), is_read=True)
            client.delete("x")


# Changes and deletions


@pytest.mark.parametrize("status", [404, 410])
def test_not_found_after_a_lost_answer_counts_as_deleted(quick, status):
    with serving(drop, (status, {}, {})) as script:
        quick(script.url).delete("x")
        assert script.asked == ["DELETE /issue/x"] * 2


def test_not_found_at_the_first_attempt_is_an_error(quick):
    for answers in ([(404, {}, {})], [NOT_TAKEN, (404, {}, {})]):
        with serving(*answers) as script, pytest.raises(errors.NotFoundError):
            quick(script.url).delete("x")


@pytest.mark.parametrize("left", [(404, {}, {}), (200, {}, {**ISSUE, "state": "Deleted"})])
def test_conditional_delete_after_a_lost_answer_counts_as_deleted(quick, left):
    with serving(drop, (412, {}, {}), left) as script:
        quick(script.url).delete("x", etag='"a"')
        assert [h.get("If-Match") for _, _, h, _ in script.requests] == ['"a"', '"a"', None]


def test_conditional_delete_detects_a_change_by_another(quick):
    with serving(drop, (412, {}, {}), OK) as script, pytest.raises(errors.PreconditionFailedError):
        quick(script.url).delete("x", etag='"a"')


def test_entity_tags_are_sent_back(quick):
    with serving((200, {"ETag": 'W/"a"'}, ISSUE), (200, {"ETag": '"b"'}, ISSUE)) as script:
        client = quick(script.url)
        issue = client.get("i")
        assert client.update(issue, is_read=True, if_unchanged=True).etag == '"b"'
        assert client.update(issue, is_read=True).etag == '"b"'
        assert [h.get("If-Match") for _, _, h, _ in script.requests] == [None, '"a"', None]


def test_own_change_is_not_mistaken_for_anothers(quick):
    closed = {**ISSUE, "state": "Closed"}
    first = (200, {"ETag": '"a"'}, ISSUE)
    with serving(first, drop, (412, {}, {}), (200, {"ETag": '"b"'}, closed)) as script:
        client = quick(script.url)
        issue = client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)
        assert (issue.state, issue.etag) == ("Closed", '"b"')


@pytest.mark.parametrize("now", [{}, {"state": "Closed", "description": "theirs"}])
def test_change_by_another_after_a_lost_answer_is_detected(quick, now):
    first = (200, {"ETag": '"a"'}, ISSUE)
    with serving(first, drop, (412, {}, {}), (200, {}, ISSUE | now)) as script:
        client = quick(script.url)
        with pytest.raises(errors.PreconditionFailedError):
            client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)


def test_change_with_unknown_outcome_is_reported(quick):
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


def test_condition_that_fails_at_the_first_attempt_is_a_conflict(quick):
    with serving((200, {"ETag": '"a"'}, ISSUE), (412, {}, {})) as script:
        client = quick(script.url)
        with pytest.raises(errors.PreconditionFailedError):
            client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)
        assert len(script.requests) == 2
