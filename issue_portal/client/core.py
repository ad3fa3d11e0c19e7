"""The rules of every call, shared by both clients: requests and results.

A call is a generator. It yields a `ClientRequest` or a `Pause`, receives the outcome and returns
the result, so the rules do not depend on threads or event loops.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from issue_portal.client import issue_lists
from issue_portal.client.arguments import (
    NOT_GIVEN,
    IssueChanges,
    IssueFilters,
    NewIssueFields,
    build_model,
    make_field_error,
)
from issue_portal.client.configuration import check_headers, is_header_safe
from issue_portal.client.errors import BadResponseError, PreconditionFailedError
from issue_portal.client.issue_lists import IssueWalk
from issue_portal.client.pagination import Item, Paginator
from issue_portal.client.paths import check_path, get_id, make_issue_path, quote_segment
from issue_portal.client.responses import Model, Outcome, ReceivedResponse
from issue_portal.client.sender import RequestSender, mark_unsure, require_success
from issue_portal.client.steps import ClientRequest, RequestSteps
from issue_portal.models.requests import (
    EDITABLE,
    BulkChange,
    BulkRequest,
    IssueQuery,
    IssueReadQuery,
    IssueUpdate,
    NewApiToken,
    NewIssue,
    ProjectUpdate,
    StatsQuery,
)
from issue_portal.models.responses import (
    BulkResult,
    CreatedApiToken,
    FieldError,
    Issue,
    Page,
    Problem,
)
from issue_portal.models.vocabulary import BULK_LIMIT, IssueState, ResourceType


@dataclass
class ClientRules:
    """The calls of one client. Each public method returns the steps of a call."""

    sender: RequestSender

    def create(
        self, new: NewIssue | None, fields: NewIssueFields, key: str | None
    ) -> RequestSteps[Issue]:
        """Report an issue, which is never stored twice: see `RequestSender.send`."""
        if new is None:
            defaults = {"resource_type": ResourceType.THREAD, "anonymous": False}
            new = build_model(NewIssue, {**defaults, **fields})
        elif fields:
            raise TypeError("create() takes a NewIssue or keywords, not both")
        # An empty key is a mistake of the caller: a random one would not find the first report.
        headers = {"Idempotency-Key": str(uuid.uuid4()) if key is None else key}
        if not is_header_safe(headers["Idempotency-Key"]):
            text = "must be printable ASCII and not empty"
            raise make_field_error(FieldError(field="Idempotency-Key", message=text))
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

    def get(self, issue: Issue | str, *, deleted: bool = False) -> RequestSteps[Issue]:
        """Fetch one issue with its entity tag."""
        return self._fetch_issue(issue, self.sender.make_deadline(), deleted=deleted)

    def update(
        self, issue: Issue | str, changes: IssueChanges, *, if_unchanged: bool
    ) -> RequestSteps[Issue]:
        """Change an issue. Sends ``is_read`` if known, because newer servers otherwise reset it."""
        new_values = {name: value for name, value in changes.items() if value is not NOT_GIVEN}
        build_model(IssueUpdate, new_values)  # Raise before any request.
        deadline = self.sender.make_deadline()
        if isinstance(issue, str):
            if if_unchanged or "is_read" not in new_values:
                issue = yield from self._fetch_issue(issue, deadline)
            else:
                issue = Issue(id=issue)
        read_state = {"is_read": issue.is_read} if "is_read" in issue.model_fields_set else {}
        update = build_model(IssueUpdate, read_state | new_values)
        etag = issue.etag
        # Issues from a list have no entity tag, and some servers never send one.
        if if_unchanged and etag is None:
            current = yield from self._fetch_issue(issue, deadline)
            if not _is_same(issue, current):
                raise _make_precondition_error()
            etag = current.etag
        request = ClientRequest("PUT", make_issue_path(issue), json=update.model_dump(mode="json"))
        if if_unchanged:
            request = replace(request, headers=_build_condition(etag))
        outcome, unsure = yield from self.sender.send(request, deadline)
        changed = issue.model_copy(update=update.changes())
        if outcome.error() and unsure and _get_status(outcome) == 412:
            # An earlier attempt of this call may have changed the issue.
            current = yield from self._fetch_issue(issue, deadline)
            if _is_same(changed, current, EDITABLE):
                return changed.merge(current)
        return changed.merge(self._learn(require_success(outcome, unsure).issue()))

    def delete(self, issue: Issue | str, etag: str | None) -> RequestSteps[None]:
        """Delete an issue. After an attempt of unknown outcome, a missing issue is a success."""
        deadline = self.sender.make_deadline()
        headers = _build_condition(etag)
        request = ClientRequest("DELETE", make_issue_path(issue), headers=headers)
        outcome, unsure = yield from self.sender.send(request, deadline)
        if unsure and _get_status(outcome) == 412:
            check = ClientRequest("GET", make_issue_path(issue))
            current, _ = yield from self.sender.send(check, deadline)
            if _get_status(current) in (404, 410) or (
                _get_status(current) == 200
                and require_success(current).issue().state is IssueState.DELETED
            ):
                return
        if not (unsure and _get_status(outcome) in (404, 410)):
            require_success(outcome, unsure)

    def restore(self, issue: Issue | str, etag: str | None) -> RequestSteps[Issue]:
        """Bring back a deleted issue."""
        headers = {"Idempotency-Key": str(uuid.uuid4()), **_build_condition(etag)}
        request = ClientRequest("POST", f"{make_issue_path(issue)}/restore", headers=headers)
        outcome, unsure = yield from self.sender.send(
            request, self.sender.make_deadline(), needs_keys=True
        )
        return require_success(outcome, unsure).issue()

    def update_many(
        self, issues: Sequence[Issue | str], change: BulkChange
    ) -> RequestSteps[tuple[BulkResult, ...]]:
        """Apply one change to each issue, in requests of at most `BULK_LIMIT` issues."""
        if isinstance(issues, str):
            raise TypeError("update_many() takes several issues or ids: pass [issue_id]")
        ids = [get_id(issue) for issue in issues]
        results: tuple[BulkResult, ...] = ()
        # Without ids, the response still says whether the server has the call.
        for start in range(0, len(ids) or 1, BULK_LIMIT):
            part = tuple(ids[start : start + BULK_LIMIT])
            body = build_model(BulkRequest, {"ids": part, "change": change})
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

    def walk(self, query: IssueQuery | None, filters: IssueFilters) -> IssueWalk:
        """Return a walk through all issues of a query."""
        if query is None:
            query = build_model(IssueQuery, filters)
        elif filters:
            raise TypeError("Pass an IssueQuery or keywords, not both.")
        return IssueWalk(self.sender, query)

    def walk_forwards(self, query: IssueQuery | None, filters: IssueFilters) -> IssueWalk:
        """Return a walk through all issues of a query that does not start at its end."""
        walk = self.walk(query, filters)
        if walk.goes_backwards:
            raise ValueError("iterate() goes forwards: use page_order instead of before or last")
        return walk

    def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        json: Any,
        headers: Mapping[str, str] | None,
    ) -> RequestSteps[ReceivedResponse]:
        """Send a request that the client has no method for; return its successful response."""
        request = ClientRequest(
            _check_method(method),
            check_path(path),
            params=params,
            json=json,
            headers=check_headers(headers or {}),
            # The server must not be able to tie a report or a receipt to a line of its log.
            anonymous=isinstance(json, Mapping)
            and (json.get("anonymous") is True or "receipt" in json),
        )
        is_safe = request.method in ("GET", "HEAD", "OPTIONS")
        needs_keys = not is_safe and request.method not in ("PUT", "DELETE")
        outcome, unsure = yield from self.sender.send(
            request, self.sender.make_deadline(), needs_keys=needs_keys
        )
        if isinstance(outcome, ReceivedResponse) and outcome.status == 304:
            return outcome  # The caller sent `If-None-Match`.
        response = require_success(outcome, unsure and not is_safe)
        if response.flaw:  # Without an error, the body would look empty.
            try:
                response.json()
            except BadResponseError as error:
                raise (error if is_safe else mark_unsure(error)) from None
        return response

    def learn_values(self) -> RequestSteps[None]:
        """Look for states and types that the client does not know."""
        return issue_lists.learn_values(self.sender)

    def fetch(
        self, model: type[Model], path: str, query: StatsQuery | IssueReadQuery | None = None
    ) -> RequestSteps[Model]:
        """Fetch ``path`` and parse the response as a ``model``."""
        params = query.to_params() if query else None
        response = yield from self.sender.fetch(ClientRequest("GET", path, params=params))
        return response.read(model)

    def name_project(self, model: type[Model], project_id: str, name: str) -> RequestSteps[Model]:
        """Name a project."""
        update = build_model(ProjectUpdate, {"name": name})
        path = f"/project/{quote_segment(project_id)}"
        request = ClientRequest("PUT", path, json=update.model_dump(mode="json"))
        outcome, unsure = yield from self.sender.send(request, self.sender.make_deadline())
        return require_success(outcome, unsure).read(model)

    def create_token(self, values: Mapping[str, Any]) -> RequestSteps[CreatedApiToken]:
        """Create an API token. The server cannot repeat its secret, so neither does the client."""
        body = build_model(NewApiToken, values).model_dump(mode="json", exclude_none=True)
        outcome, unsure = yield from self.sender.send(
            ClientRequest("POST", "/me/token", json=body),
            self.sender.make_deadline(),
            needs_keys=True,
        )
        response = require_success(outcome, unsure)
        try:
            return response.read(CreatedApiToken)
        except BadResponseError as error:
            raise mark_unsure(error) from None

    def revoke_token(self, token_id: str) -> RequestSteps[None]:
        """Revoke an API token. After an attempt of unknown outcome, a missing one is a success."""
        request = ClientRequest("DELETE", f"/me/token/{quote_segment(token_id)}")
        outcome, unsure = yield from self.sender.send(request, self.sender.make_deadline())
        if not (unsure and _get_status(outcome) in (404, 410)):
            require_success(outcome, unsure)

    def history(
        self, model: type[Model], issue: Issue | str, *, deleted: bool
    ) -> RequestSteps[Model]:
        """Fetch the history of one issue."""
        query = IssueReadQuery(deleted=True) if deleted else None
        return self.fetch(model, f"{make_issue_path(issue)}/history", query)

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
        self, issue: Issue | str, deadline: float, *, deleted: bool = False
    ) -> RequestSteps[Issue]:
        params = {"deleted": "true"} if deleted else None
        request = ClientRequest("GET", make_issue_path(issue), params=params)
        return self._learn((yield from self.sender.fetch(request, deadline)).issue())

    def _learn(self, issue: Issue) -> Issue:
        self.sender.memory.learn_values([issue])
        return issue


def _build_condition(etag: str | None) -> dict[str, str]:
    if etag and not is_header_safe(etag):
        raise make_field_error(FieldError(field="etag", message="must be printable ASCII"))
    return {"If-Match": etag} if etag else {}


def _check_method(method: str) -> str:
    if not re.fullmatch("[A-Za-z]+", method):
        raise make_field_error(FieldError(field="method", message="is not an HTTP method"))
    return method.upper()


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
