"""Undoing a change: what to send, and what to say when somebody else was faster.

The browser stores the records, so that a change can be undone after a reload, in another tab and
after a restart (`components.issues.undo_notice`). A record contains no text of an issue.
"""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, TypeAdapter, ValidationError

from components.issues import edit_conflict, issue_list
from components.issues.proposed_change import ProposedChange
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import ConflictError, PreconditionFailedError
from issue_portal.models.requests import BulkChange, IssueQuery
from issue_portal.models.responses import Issue, Problem
from issue_portal.models.vocabulary import BULK_LIMIT, IssueState, IssueType, ProblemCode

_STORED_FIELDS: Final = {"id", "issue_number", "state", "type", "is_read", "updated_at"}
"""The fields of the changed issue that a conditional update needs."""

BULK_UNDO_LIMIT: Final = 3_000
BULK_MOVE_LIMIT: Final = 1_500
"""Largest numbers of issues in a record. The browser sends a record in one message."""

_Id = Annotated[str, Field(min_length=1, max_length=128)]


def _serialize_known(issue: Issue) -> dict[str, Any]:
    return issue.model_dump(mode="json", exclude_unset=True)


def _make_id() -> str:
    return uuid.uuid4().hex


def _format_conflict(number: int | None) -> str:
    text = _("Someone else has since changed #{number}, so your change wasn't undone.")
    return text.format(number=number)


class _Undo(BaseModel):
    """Base of the records. They come back from the browser, which can send anything."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str = Field(default_factory=_make_id, max_length=64)
    text: str = Field(max_length=500)
    """Description of the change, such as "#12 moved to In review"."""

    def renew(self) -> Self:
        """Return the record under a new id, to offer it again."""
        return self.model_copy(update={"id": _make_id()})


class UndoUpdate(_Undo):
    """Gives an issue its former state or type."""

    kind: Literal["update"] = "update"
    changed: Annotated[Issue, PlainSerializer(_serialize_known)]
    """The issue after the change, with the fields that the comparison of versions needs."""

    etag: str | None = Field(default=None, pattern=r"^[ -~]+$")
    state: IssueState | None = None
    type: IssueType | None = None

    @classmethod
    def build(cls, text: str, before: Issue, changed: Issue) -> Self | None:
        """Return the record of a change; None if the former state or type is unknown.

        A client only sends the states and types of the contract.
        """
        former = {
            name: getattr(before, name)
            for name in ("state", "type")
            if getattr(before, name) != getattr(changed, name)
        }
        if not former or None in former.values():
            return None
        stored = changed.model_dump(include=_STORED_FIELDS, exclude_unset=True)
        try:
            return cls(text=text, changed=Issue(**stored), etag=changed.etag, **former)
        except ValidationError:
            return None

    def format_conflict(self) -> str:
        """Say that somebody else was faster."""
        return _format_conflict(self.changed.issue_number)

    def apply(self, client: IssuesClient) -> None:
        """Send the former value, unless the issue has it already.

        Raises `PreconditionFailedError` if somebody else has changed the issue since.
        """
        change = ProposedChange(state=self.state, type=self.type)
        changed = self.changed.model_copy(update={"etag": self.etag})
        try:
            edit_conflict.update_unless_changed(client, changed, change)
        except PreconditionFailedError:
            current = client.get(changed.id)
            if edit_conflict.has_changed(change.apply_to(changed), current):
                raise


class UndoDeletion(_Undo):
    """Brings back a deleted or withdrawn issue, and opens it again."""

    kind: Literal["restore"] = "restore"
    issue_id: str = Field(min_length=1, max_length=128)
    number: int | None

    def format_conflict(self) -> str:
        """Say that somebody else was faster."""
        return _format_conflict(self.number)

    def apply(self, client: IssuesClient) -> None:
        """Restore the issue, unless it is restored already."""
        with suppress(ConflictError):  # The issue is not deleted.
            client.restore(self.issue_id)
        if issue_list.get_open_issue_id() is None:
            issue_list.open_issue(self.issue_id)


class UndoUnread(_Undo):
    """Marks an issue as read again, and opens it again."""

    kind: Literal["unread"] = "unread"
    issue_id: str = Field(min_length=1, max_length=128)
    number: int | None

    def format_conflict(self) -> str:
        """Say that the issue is no longer as it was."""
        return _format_conflict(self.number)

    def apply(self, client: IssuesClient) -> None:
        """Mark the issue as read."""
        client.update(self.issue_id, is_read=True)
        if issue_list.get_open_issue_id() is None:
            issue_list.open_issue(self.issue_id)


class UndoBulk(_Undo):
    """Restores many issues, or gives them their former read marks."""

    kind: Literal["bulk"] = "bulk"
    ids: tuple[str, ...] = Field(max_length=BULK_UNDO_LIMIT)
    change: BulkChange

    @classmethod
    def build(cls, text: str, change: BulkChange, changed: Sequence[Issue]) -> Self | None:
        """Return the record of a bulk change; None if it cannot be undone.

        ``changed`` are the issues before the change.
        """
        if change.delete is True:
            inverse = BulkChange(restore=True)
        elif isinstance(change.is_read, bool):
            inverse = BulkChange(is_read=not change.is_read)
        else:
            return None
        if not 0 < len(changed) <= BULK_UNDO_LIMIT:
            return None
        return cls(text=text, ids=tuple(issue.id for issue in changed), change=inverse)

    def format_conflict(self) -> str:
        """Say that some issues keep the change."""
        return _("Some issues have since changed, so they were left as they are.")

    def apply(self, client: IssuesClient) -> None:
        """Send the inverse change.

        Raises `PreconditionFailedError` if it failed for some issues.
        """
        results = client.update_many(self.ids, self.change)
        if any(result.code not in (None, ProblemCode.NOT_DELETED) for result in results):
            raise PreconditionFailedError(Problem(status=412))


class UndoBulkMove(_Undo):
    """Gives many issues their former states."""

    kind: Literal["bulk_move"] = "bulk_move"
    state: IssueState
    """The state after the move."""

    former: dict[IssueState, dict[int, _Id]]
    """Ids of the issues by number, by the state before the move."""

    @classmethod
    def build(cls, text: str, change: BulkChange, changed: Sequence[Issue]) -> Self | None:
        """Return the record of a move; None if it cannot be undone.

        ``changed`` are the issues before the move.
        """
        if not isinstance(change.state, IssueState) or not 0 < len(changed) <= BULK_MOVE_LIMIT:
            return None
        former: dict[IssueState, dict[int, str]] = {}
        for issue in changed:
            if issue.state not in list(IssueState) or issue.issue_number is None:
                return None
            former.setdefault(IssueState(issue.state), {})[issue.issue_number] = issue.id
        return cls(text=text, state=change.state, former=former)

    def format_conflict(self) -> str:
        """Say that some issues keep the change."""
        return _("Some issues have since changed, so they were left as they are.")

    def apply(self, client: IssuesClient) -> None:
        """Send the former states of the issues that are still in the state of the move.

        Raises `PreconditionFailedError` if others have moved some of them since. A colleague who
        moves an issue within these few milliseconds is overwritten: bulk changes have no condition.
        """
        has_conflict = False
        for state, ids in self.former.items():
            all_numbers = tuple(ids)
            for start in range(0, len(all_numbers), BULK_LIMIT):
                numbers = all_numbers[start : start + BULK_LIMIT]
                query = IssueQuery(numbers=numbers, states=(self.state,), page_size=BULK_LIMIT)
                unchanged = [issue.id for issue in client.list(query).data]
                results = client.update_many(unchanged, BulkChange(state=state))
                has_conflict |= len(unchanged) < len(numbers)
                has_conflict |= any(result.code is not None for result in results)
        if has_conflict:
            raise PreconditionFailedError(Problem(status=412))


UndoRecord = UndoUpdate | UndoDeletion | UndoUnread | UndoBulk | UndoBulkMove

_RECORDS: Final[TypeAdapter[UndoRecord]] = TypeAdapter(
    Annotated[UndoRecord, Field(discriminator="kind")]
)


def parse_record(sent: object) -> UndoRecord | None:
    """Return the record that the browser sent; None if it is not a valid record."""
    try:
        return _RECORDS.validate_python(sent)
    except ValidationError:
        return None
