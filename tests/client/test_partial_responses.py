"""Responses that leave fields out: absent is not null, and an update keeps the absent fields."""

import pytest

from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

CHANGED_FIELDS = {"state", "is_read", "updated_at"}
"""The fields that an update of the state may change."""


def test_lists_have_the_creator_or_null(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    named, anonymous = (
        client.create(api_variant.make_new_issue("x", anonymous=anonymous))
        for anonymous in (False, True)
    )
    listed = {issue.id: issue for issue in client.list().data}
    assert listed[named.id].created_by.id
    assert listed[anonymous.id].created_by is None
    assert "created_by" in listed[anonymous.id].model_fields_set


@pytest.mark.parametrize("api_variant", ["original", "newer", "newer-strict"], indirect=True)
def test_creator_is_absent_outside_lists(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    for anonymous in (False, True):
        created = client.create(api_variant.make_new_issue("x", anonymous=anonymous))
        issue = client.get(created.id)
        assert not {"created_by", "project"} & issue.model_fields_set
        changed = client.update(issue, state=IssueState.CLOSED)
        assert not {"created_by", "project"} & changed.model_fields_set


def test_update_keeps_what_the_response_leaves_out(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    client.create(api_variant.make_new_issue("x"))
    listed = client.list().data[0]
    changed = client.update(listed, state=IssueState.IN_REVIEW)
    assert changed.state is IssueState.IN_REVIEW
    kept_fields = set(Issue.model_fields) - CHANGED_FIELDS
    assert changed.model_dump(include=kept_fields) == listed.model_dump(include=kept_fields)
    assert changed.model_fields_set >= listed.model_fields_set


def test_update_returns_what_was_sent_if_the_response_leaves_it_out(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.get(client.create(api_variant.make_new_issue("x")).id)
    read = client.update(issue, is_read=True)
    assert (read.id, read.description, read.is_read) == (issue.id, "x", True)
    unread = client.update(read, is_read=False)
    assert unread.is_read is False


@pytest.mark.parametrize("api_variant", ["newer", "newer-strict"], indirect=True)
def test_update_keeps_the_read_mark(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("x"))
    client.update(issue, is_read=True)
    client.update(client.get(issue.id), state=IssueState.CLOSED)
    assert client.get(issue.id).is_read
