"""The rules of every call, shared by both clients: requests and results.

A call is a generator. It yields a `ClientRequest` or a `Pause`, receives the outcome and returns
the result, so the rules do not depend on threads or event loops.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from issue_portal.client import issue_lists
from issue_portal.client.errors import BadRequestError, BadResponseError, PreconditionFailedError
from issue_portal.client.issue_lists import IssueWalk
from issue_portal.client.pagination import Item, Paginator
from issue_portal.client.responses import Model, Outcome, ReceivedResponse
from issue_portal.client.sender import RequestSender, is_header_safe, mark_unsure, require_success
from issue_portal.client.steps import ClientRequest, RequestSteps
from issue_portal.models.requests import (
    EDITABLE,
    BulkChange,
    BulkRequest,
    IssueChanges,
    IssueQuery,
    IssueUpdate,
    NewIssue,
    ProjectUpdate,
    StatsQuery,
)
from issue_portal.models.responses import BulkResult, FieldError, Issue, IssuePage, Page, Problem
from issue_portal.models.vocabulary import BULK_LIMIT, IssueState


@dataclass
class ClientRules:
    """The calls of one client. Each public method returns the steps of a call."""

    sender: RequestSender

    def create(self, new: NewIssue, key: str | None) -> RequestSteps[Issue]:
        """Report an issue, which is never stored twice: see `RequestSender.send`."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if not is_header_safe(headers["Idempotency-Key"]):
            raise _make_field_error("Idempotency-Key", "must be printable ASCII")
        body = new.model_dump(mode="json", exclude_none=True)
        request = ClientRequest(
            "POST", "/issue", json=body, headers=headers, anonymous=new.anonymous
        )
        outcome, unsure = yield from self.sender.send(
            request, self.sender.make_deadline(), needs_keys=True
        )
        failure = outcome.error()
        if isinstance(outcome, ReceivedResponse) and failure is None:
            try:
                return self._learn(outcome.issue())
            except BadResponseError as error:
                failure, unsure = error, True
        assert failure is not None
        raise mark_unsure(failure) if unsure else failure

    def get(self, issue_id: str, *, deleted: bool = False) -> RequestSteps[Issue]:
        """Fetch one issue with its entity tag."""
        return self._fetch_issue(issue_id, self.sender.make_deadline(), deleted=deleted)

    def update(
        self, issue: Issue, changes: IssueChanges, *, if_unchanged: bool
    ) -> RequestSteps[Issue]:
        """Change an issue. Sends ``is_read`` if known, because newer servers otherwise reset it."""
        read_state = {"is_read": issue.is_read} if "is_read" in issue.model_fields_set else {}
        new_values = {name: value for name, value in changes.items() if value is not None}
        update = IssueUpdate.model_validate(read_state | new_values)
        deadline = self.sender.make_deadline()
        etag = issue.etag
        # Issues from a list have no entity tag, and some servers never send one.
        if if_unchanged and etag is None:
            current = yield from self._fetch_issue(issue.id, deadline)
            if not _is_same(issue, current):
                raise _make_precondition_error()
            etag = current.etag
        request = ClientRequest(
            "PUT", _make_issue_path(issue.id), json=update.model_dump(mode="json")
        )
        if if_unchanged and etag:
            request = replace(request, headers={"If-Match": etag})
        outcome, unsure = yield from self.sender.send(request, deadline)
        changed = issue.model_copy(update=update.changes())
        if outcome.error() and unsure and _get_status(outcome) == 412:
            # An earlier attempt of this call may have changed the issue.
            current = yield from self._fetch_issue(issue.id, deadline)
            if _is_same(changed, current, EDITABLE):
                return changed.merge(current)
        return changed.merge(self._learn(require_success(outcome, unsure).issue()))

    def delete(self, issue_id: str, etag: str | None) -> RequestSteps[None]:
        """Delete an issue. After an attempt of unknown outcome, a missing issue is a success."""
        deadline = self.sender.make_deadline()
        headers = {"If-Match": etag} if etag else {}
        request = ClientRequest("DELETE", _make_issue_path(issue_id), headers=headers)
        outcome, unsure = yield from self.sender.send(request, deadline)
        if unsure and _get_status(outcome) == 412:
            check = ClientRequest("GET", _make_issue_path(issue_id))
            current, _ = yield from self.sender.send(check, deadline)
            if _get_status(current) in (404, 410) or (
                _get_status(current) == 200
                and require_success(current).issue().state is IssueState.DELETED
            ):
                return
        if not (unsure and _get_status(outcome) in (404, 410)):
            require_success(outcome, unsure)

    def restore(self, issue_id: str, etag: str | None) -> RequestSteps[Issue]:
        """Bring back a deleted issue."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} | ({"If-Match": etag} if etag else {})
        request = ClientRequest("POST", f"{_make_issue_path(issue_id)}/restore", headers=headers)
        outcome, unsure = yield from self.sender.send(
            request, self.sender.make_deadline(), needs_keys=True
        )
        return require_success(outcome, unsure).issue()

    def update_many(
        self, ids: Sequence[str], change: BulkChange
    ) -> RequestSteps[tuple[BulkResult, ...]]:
        """Apply one change to each issue, in requests of at most `BULK_LIMIT` issues."""
        results: tuple[BulkResult, ...] = ()
        # Without ids, the response still says whether the server has the call.
        for start in range(0, len(ids) or 1, BULK_LIMIT):
            body = BulkRequest(ids=tuple(ids[start : start + BULK_LIMIT]), change=change)
            request = ClientRequest(
                "POST",
                "/issue/bulk",
                json=body.model_dump(mode="json"),
                headers={"Idempotency-Key": str(uuid.uuid4())},
            )
            outcome, unsure = yield from self.sender.send(
                request, self.sender.make_deadline(), needs_keys=True
            )
            results += require_success(outcome, unsure).page(Page[BulkResult]).data
        return results

    def list(self, query: IssueQuery | None) -> RequestSteps[IssuePage]:
        """Fetch one page of a list."""
        return issue_lists.fetch_page(self.sender, query or IssueQuery())

    def walk(self, query: IssueQuery | None) -> IssueWalk:
        """Return a walk through all issues of a query."""
        return IssueWalk(self.sender, query)

    def learn_values(self) -> RequestSteps[None]:
        """Look for states and types that the client does not know."""
        return issue_lists.learn_values(self.sender)

    def fetch(
        self, model: type[Model], path: str, query: StatsQuery | None = None
    ) -> RequestSteps[Model]:
        """Fetch ``path`` and parse the response as a ``model``."""
        params = query.to_params() if query else None
        response = yield from self.sender.fetch(ClientRequest("GET", path, params=params))
        return response.read(model)

    def name_project(
        self, model: type[Model], project_id: str, update: ProjectUpdate
    ) -> RequestSteps[Model]:
        """Name a project."""
        path = f"/project/{_quote(project_id)}"
        request = ClientRequest("PUT", path, json=update.model_dump(mode="json"))
        outcome, unsure = yield from self.sender.send(request, self.sender.make_deadline())
        return require_success(outcome, unsure).read(model)

    def history(self, model: type[Model], issue_id: str) -> RequestSteps[Model]:
        """Fetch the history of one issue."""
        return self.fetch(model, f"{_make_issue_path(issue_id)}/history")

    def look_up(self, model: type[Model], receipt: str) -> RequestSteps[Model]:
        """Fetch the issue of a receipt. Retried like a GET, because it changes nothing."""
        request = ClientRequest("POST", "/issue/receipt", json={"receipt": receipt}, anonymous=True)
        return (yield from self.sender.fetch(request)).read(model)

    def list_all(self, model: type[Page[Item]], path: str) -> RequestSteps[tuple[Item, ...]]:
        """Fetch all items of a list that has no filters, page by page if the server has pages."""
        deadline = self.sender.make_deadline()
        pages = Paginator[Item]()
        items: list[Item] = []
        while pages.position is not None:
            request = ClientRequest("GET", path, params=pages.position)
            response = yield from self.sender.fetch(request, deadline)
            items += pages.take(response.page(model))
        return tuple(items)

    def _fetch_issue(
        self, issue_id: str, deadline: float, *, deleted: bool = False
    ) -> RequestSteps[Issue]:
        params = {"deleted": "true"} if deleted else None
        request = ClientRequest("GET", _make_issue_path(issue_id), params=params)
        return self._learn((yield from self.sender.fetch(request, deadline)).issue())

    def _learn(self, issue: Issue) -> Issue:
        self.sender.memory.learn_values([issue])
        return issue


def _make_issue_path(issue_id: str) -> str:
    """Return the path of an issue. The id is one segment, even if it contains slashes or dots."""
    return "/issue/" + _quote(issue_id)


def _quote(segment: str) -> str:
    # httpx would resolve dots as parent segments.
    return quote(segment, safe="").replace(".", "%2E")


def _get_status(outcome: Outcome) -> int | None:
    return outcome.status if isinstance(outcome, ReceivedResponse) else None


def _is_same(
    first: Issue, second: Issue, fields: tuple[str, ...] = (*EDITABLE, "updated_at")
) -> bool:
    """Return whether two versions of an issue agree on those ``fields`` that both have."""
    both = first.model_fields_set & second.model_fields_set
    return all(getattr(first, name) == getattr(second, name) for name in fields if name in both)


def _make_precondition_error() -> PreconditionFailedError:
    return PreconditionFailedError(
        Problem(status=412, detail="This issue has changed since you fetched it.")
    )


def _make_field_error(name: str, message: str) -> BadRequestError:
    invalid = FieldError(field=name, message=message)
    return BadRequestError(Problem(status=400, detail=f"{name}: {message}", errors=(invalid,)))
