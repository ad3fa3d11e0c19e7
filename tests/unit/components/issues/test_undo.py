"""Undo: the record of a change, and what is sent to undo it."""

import pytest

from components.issues import issue_list
from components.issues.undo import (
    UndoBulk,
    UndoBulkMove,
    UndoDeletion,
    UndoUnread,
    UndoUpdate,
    parse_record,
)
from issue_portal.client.errors import ConflictError, PreconditionFailedError
from issue_portal.models.requests import BulkChange
from issue_portal.models.responses import BulkResult, Issue, IssuePage, Problem
from issue_portal.models.vocabulary import IssueState, IssueType
from tests.factories import make_issue

CHANGED_SINCE = PreconditionFailedError(Problem(status=412))


@pytest.fixture
def close():
    """Return the record of closing an issue, as it comes back from the browser."""

    def close(**values) -> UndoUpdate:
        before = make_issue(is_read=True, **values)
        changed = before.model_copy(update={"state": IssueState.CLOSED, "etag": '"2"'})
        record = UndoUpdate.build("#7 closed", before, changed)
        assert record is not None
        returned = parse_record(record.model_dump(mode="json"))
        assert returned == record
        return record

    return close


def test_record_has_no_text_of_the_issue(close):
    record = close(description="My salary is wrong").model_dump_json()
    assert "salary" not in record
    assert "ann@example.com" not in record


def test_former_state_is_sent_to_the_changed_version(client, close):
    close().apply(client)
    sent, changes = client.update.call_args.args[0], client.update.call_args.kwargs
    assert (sent.id, sent.state, sent.is_read, sent.etag) == ("issue_1", "Closed", True, '"2"')
    assert changes["state"] == IssueState.NOT_REVIEWED
    assert "type" not in changes
    assert changes["if_unchanged"]
    client.get.assert_not_called()


def test_change_by_somebody_else_is_kept(client, close):
    client.update.side_effect = CHANGED_SINCE
    client.get.return_value = make_issue(state=IssueState.IN_REVIEW)
    with pytest.raises(PreconditionFailedError):
        close().apply(client)
    assert client.update.call_count == 1


def test_undo_is_repeated_if_only_the_read_mark_or_the_text_has_changed(client, close):
    current = make_issue(state=IssueState.CLOSED, is_read=False, description="edited")
    client.get.return_value = current.model_copy(update={"etag": '"3"'})
    client.update.side_effect = [CHANGED_SINCE, current]
    close().apply(client)
    assert client.update.call_args.args[0].etag == '"3"'


def test_change_that_is_undone_already_is_no_conflict(client, close):
    client.update.side_effect = CHANGED_SINCE
    client.get.return_value = make_issue()
    close().apply(client)


@pytest.mark.parametrize("state", ["Parked", None])
def test_move_from_an_unknown_state_cannot_be_undone(state):
    before = make_issue(state=state)
    changed = before.model_copy(update={"state": IssueState.CLOSED})
    record = UndoUpdate.build("moved", before, changed)
    assert record is None


def test_server_that_sends_few_fields(client):
    before = Issue.model_validate({"id": "x", "type": "Format"})
    record = UndoUpdate.build("changed", before, before.model_copy(update={"type": "Other"}))
    assert record is not None
    assert record.changed.model_fields_set == {"id", "type"}
    record.apply(client)
    assert client.update.call_args.kwargs["type"] == IssueType.FORMAT


@pytest.mark.parametrize("opened", [None, "issue_2"])
def test_issue_marked_as_unread_is_read_again(client, monkeypatch, opened):
    openings = []
    monkeypatch.setattr(issue_list, "get_open_issue_id", lambda: opened)
    monkeypatch.setattr(issue_list, "open_issue", openings.append)
    record = UndoUnread(text="#7 marked as unread", issue_id="issue_1", number=7)
    assert parse_record(record.model_dump(mode="json")) == record
    record.apply(client)
    client.update.assert_called_once_with("issue_1", is_read=True)
    assert openings == ([] if opened else ["issue_1"])


@pytest.mark.parametrize(("open_id", "opened"), [(None, ["issue_1"]), ("issue_2", [])])
def test_deletion_is_undone_by_a_restore(client, monkeypatch, open_id, opened):
    calls: list[str] = []
    monkeypatch.setattr(issue_list, "get_open_issue_id", lambda: open_id)
    monkeypatch.setattr(issue_list, "open_issue", calls.append)
    record = UndoDeletion(text="#7 deleted", issue_id="issue_1", number=7)
    assert parse_record(record.model_dump(mode="json")) == record
    record.apply(client)
    client.restore.assert_called_once_with("issue_1")
    client.restore.side_effect = ConflictError(Problem(status=409))  # Restored in another tab.
    record.apply(client)
    assert calls == opened * 2


def test_bulk_deletion_is_undone_by_a_bulk_restore(client):
    record = UndoBulk.build("2 issues deleted", BulkChange(delete=True), [make_issue(id="a")])
    assert record is not None
    assert parse_record(record.model_dump(mode="json")) == record
    client.update_many.return_value = (BulkResult(id="a", status=409, code="not_deleted"),)
    record.apply(client)
    client.update_many.assert_called_once_with(("a",), BulkChange(restore=True))
    client.update_many.return_value = (BulkResult(id="a", status=404, code="not_found"),)
    with pytest.raises(PreconditionFailedError):
        record.apply(client)


def test_bulk_move_is_undone_for_issues_that_nobody_has_moved_since(client):
    change = BulkChange(state=IssueState.CLOSED)
    issues = [
        make_issue(id="a", issue_number=1),
        make_issue(id="b", issue_number=2, state=IssueState.IN_REVIEW),
        make_issue(id="c", issue_number=3, state=IssueState.IN_REVIEW),
    ]
    record = UndoBulkMove.build("3 issues closed", change, issues)
    assert record is not None
    assert parse_record(record.model_dump(mode="json")) == record
    # Somebody has reopened issue c.
    client.list.side_effect = [IssuePage(data=(issues[0],)), IssuePage(data=(issues[1],))]
    client.update_many.side_effect = lambda ids, _change: [
        BulkResult(id=i, status=200) for i in ids
    ]
    with pytest.raises(PreconditionFailedError):
        record.apply(client)
    assert [call.args[0].states for call in client.list.call_args_list] == [
        (IssueState.CLOSED,)
    ] * 2
    assert [call.args[0].numbers for call in client.list.call_args_list] == [(1,), (2, 3)]
    assert [call.args for call in client.update_many.call_args_list] == [
        (["a"], BulkChange(state=IssueState.NOT_REVIEWED)),
        (["b"], BulkChange(state=IssueState.IN_REVIEW)),
    ]


def test_bulk_changes_that_cannot_be_undone():
    change = BulkChange(state=IssueState.CLOSED)
    assert UndoBulk.build("closed", change, [make_issue()]) is None
    assert UndoBulk.build("none", BulkChange(is_read=True), []) is None
    assert UndoBulkMove.build("read", BulkChange(is_read=True), [make_issue()]) is None
    assert UndoBulkMove.build("unknown", change, [make_issue(state="Parked")]) is None


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "text",
        {},
        {"id": "1", "text": "x", "kind": "unknown"},
        {"id": "1", "text": "x", "kind": "update", "changed": {}},
        {"id": "1", "text": "x", "kind": "update", "changed": {"id": "x"}, "etag": "a\nb"},
        {"id": "1", "text": "x", "kind": "restore", "issue_id": "", "number": 1},
        {"id": "1", "text": "x", "kind": "bulk", "ids": ["x"], "change": {"is_read": 3}},
    ],
)
def test_invalid_records_from_the_browser_are_ignored(sent):
    assert parse_record(sent) is None
