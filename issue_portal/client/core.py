"""The rules of every call, shared by both clients: requests, retries and results.

A call is a generator. It yields a `ClientRequest` or a `Pause`, receives the outcome and returns
the result, so the rules do not depend on threads or event loops.
"""

import itertools
import logging
import random
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from issue_portal.client.errors import (
    AuthenticationError,
    BadRequestError,
    BadResponseError,
    IssuesError,
    PreconditionFailedError,
)
from issue_portal.client.pagination import Paginator
from issue_portal.client.responses import TIMED_OUT, Model, NoResponse, Outcome, ReceivedResponse
from issue_portal.client.steps import ClientRequest, Pause, RequestSteps
from issue_portal.models.requests import (
    EDITABLE,
    IssueChanges,
    IssueQuery,
    IssueUpdate,
    NewIssue,
    StatsQuery,
)
from issue_portal.models.responses import FieldError, Issue, Problem, User
from issue_portal.models.vocabulary import REQUEST_ID_HEADER, IssueState

log = logging.getLogger("issue_portal.client")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

_FIRST_PAUSE = 0.2
_UNSURE = "The server may have stored it anyway."

_PROBE = ClientRequest("GET", "/me")
"""A cheap request. Its response says whether the server keeps idempotency keys."""


@dataclass
class ClientRules:
    """The settings of one client. Each public method returns the steps of a call."""

    token: str | Callable[[], str] = field(repr=False)
    timeout: float
    attempts: int
    patience: float
    """Longest time of a call with all its retries, in seconds."""
    keeps_keys: bool = False
    """Whether the server recognises a repeated ``Idempotency-Key``."""

    def create(self, new: NewIssue, key: str | None) -> RequestSteps[Issue]:
        """Report an issue, which is never stored twice: see `_send_with_retries`."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if not _is_header_safe(headers["Idempotency-Key"]):
            raise _make_field_error("Idempotency-Key", "must be printable ASCII")
        body = new.model_dump(mode="json", exclude_none=True)
        request = ClientRequest(
            "POST", "/issue", json=body, headers=headers, anonymous=new.anonymous
        )
        outcome, unsure = yield from self._send_with_retries(
            request, self._deadline(), needs_keys=True
        )
        failure = outcome.error()
        if isinstance(outcome, ReceivedResponse) and failure is None:
            try:
                return outcome.issue()
            except BadResponseError as error:
                failure, unsure = error, True
        assert failure is not None
        raise _mark_unsure(failure) if unsure else failure

    def get(self, issue_id: str) -> RequestSteps[Issue]:
        """Fetch one issue with its entity tag."""
        return (yield from self._fetch_issue(issue_id, self._deadline()))

    def update(
        self, issue: Issue, changes: IssueChanges, *, if_unchanged: bool
    ) -> RequestSteps[Issue]:
        """Change an issue. Sends ``is_read`` if known, because newer servers otherwise reset it."""
        read_state = {"is_read": issue.is_read} if "is_read" in issue.model_fields_set else {}
        new_values = {name: value for name, value in changes.items() if value is not None}
        update = IssueUpdate.model_validate(read_state | new_values)
        deadline = self._deadline()
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
        outcome, unsure = yield from self._send_with_retries(request, deadline)
        if outcome.error() and unsure and _get_status(outcome) == 412:
            # An earlier attempt of this call may have changed the issue.
            current = yield from self._fetch_issue(issue.id, deadline)
            if _is_same(issue.model_copy(update=update.changes()), current, EDITABLE):
                return current
        return _require_success(outcome, unsure).issue()

    def delete(self, issue_id: str, etag: str | None) -> RequestSteps[None]:
        """Delete an issue. After an attempt of unknown outcome, a missing issue is a success."""
        deadline = self._deadline()
        headers = {"If-Match": etag} if etag else {}
        request = ClientRequest("DELETE", _make_issue_path(issue_id), headers=headers)
        outcome, unsure = yield from self._send_with_retries(request, deadline)
        if unsure and _get_status(outcome) == 412:
            check = ClientRequest("GET", _make_issue_path(issue_id))
            current, _ = yield from self._send_with_retries(check, deadline)
            if _get_status(current) in (404, 410) or (
                _get_status(current) == 200
                and _require_success(current).issue().state is IssueState.DELETED
            ):
                return
        if not (unsure and _get_status(outcome) in (404, 410)):
            _require_success(outcome, unsure)

    def fetch(
        self, model: type[Model], path: str, query: IssueQuery | StatsQuery | None
    ) -> RequestSteps[Model]:
        """Fetch ``path`` and parse the response as a ``model``."""
        request = ClientRequest("GET", path, params=query.to_params() if query else None)
        outcome, _ = yield from self._send_with_retries(request, self._deadline())
        return _require_success(outcome).read(model)

    def history(self, model: type[Model], issue_id: str) -> RequestSteps[Model]:
        """Fetch the history of one issue."""
        return self.fetch(model, f"{_make_issue_path(issue_id)}/history", None)

    def look_up(self, model: type[Model], receipt: str) -> RequestSteps[Model]:
        """Fetch the issue of a receipt. Retried like a GET, because it changes nothing."""
        request = ClientRequest("POST", "/issue/receipt", json={"receipt": receipt}, anonymous=True)
        outcome, _ = yield from self._send_with_retries(request, self._deadline())
        return _require_success(outcome).read(model)

    def users(self) -> RequestSteps[tuple[User, ...]]:
        """Fetch all users, page by page if the server has pages."""
        deadline = self._deadline()
        pages = Paginator[User]()
        all_users: list[User] = []
        while pages.position is not None:
            request = ClientRequest("GET", "/user", params=pages.position)
            outcome, _ = yield from self._send_with_retries(request, deadline)
            all_users += pages.take(_require_success(outcome).users())
        return tuple(all_users)

    def _fetch_issue(self, issue_id: str, deadline: float) -> RequestSteps[Issue]:
        outcome, _ = yield from self._send_with_retries(
            ClientRequest("GET", _make_issue_path(issue_id)), deadline
        )
        return _require_success(outcome).issue()

    def _deadline(self) -> float:
        return time.monotonic() + self.patience

    def _send_with_retries(
        self, request: ClientRequest, deadline: float, *, needs_keys: bool = False
    ) -> RequestSteps[tuple[Outcome, bool]]:
        """Send a request until its outcome is final or retries cannot help.

        Returns the last outcome, and whether the outcome of any attempt is unknown. With
        ``needs_keys``, an attempt of unknown outcome is repeated only if the server keeps
        idempotency keys. If no response has said so yet, sends `_PROBE` to find out.
        """
        unsure = False
        request_id = None if request.anonymous else uuid.uuid4().hex
        if request_id:
            headers = {**request.headers, REQUEST_ID_HEADER: request_id}
            request = replace(request, headers=headers)
        for attempt in itertools.count(1):
            if unsure and needs_keys and not self.keeps_keys:
                latest = yield from self._attempt(_PROBE, deadline)
            if not unsure or not needs_keys or self.keeps_keys:
                latest = outcome = yield from self._attempt(request, deadline)
                unsure = unsure or outcome.unsure
            delay = latest.retry_delay
            if delay is None or attempt == self.attempts:
                break
            backoff = _FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311
            pause = max(delay, backoff)
            if time.monotonic() + pause >= deadline:
                break
            text = "%s %s: retry in %.1f s, %s"
            extra = {"request_id": request_id}
            log.info(text, request.method, request.path, pause, latest.reason, extra=extra)
            yield Pause(pause)
        return outcome, unsure

    def _attempt(self, request: ClientRequest, deadline: float) -> RequestSteps[Outcome]:
        token = self.token if isinstance(self.token, str) else self.token()
        if not _is_header_safe(token):
            raise AuthenticationError(
                Problem(status=401, detail="The token is empty or malformed.")
            )
        left = deadline - time.monotonic()
        if left <= 0:
            return NoResponse(TIMED_OUT, never_sent=True, final=True)
        outcome = yield replace(
            request,
            headers={**request.headers, "Authorization": f"Bearer {token}"},
            timeout=min(self.timeout, left),
            deadline=deadline,
        )
        assert outcome is not None
        if not request.anonymous:
            outcome = replace(outcome, request_id=_choose_request_id(request, outcome))
        if isinstance(outcome, ReceivedResponse):
            if outcome.status >= 400 and len(token) > 8:  # Some servers repeat the refused token.
                body = outcome.body.replace(token.encode(), b"(token)")
                outcome = replace(outcome, body=body)
            lifetime = outcome.headers.get("idempotency-key-lifetime", "")
            if lifetime.isdecimal() and float(lifetime) > self.patience:
                self.keeps_keys = True
        return outcome


def _choose_request_id(request: ClientRequest, outcome: Outcome) -> str | None:
    """Return the id that the server gave the request, else the one that was sent."""
    server_id = (
        outcome.headers.get(REQUEST_ID_HEADER, "") if isinstance(outcome, ReceivedResponse) else ""
    )
    return server_id if _REQUEST_ID.fullmatch(server_id) else request.headers.get(REQUEST_ID_HEADER)


def _make_issue_path(issue_id: str) -> str:
    """Return the path of an issue. The id is one segment, even if it contains slashes or dots."""
    # httpx would resolve dots as parent segments.
    return "/issue/" + quote(issue_id, safe="").replace(".", "%2E")


def _is_header_safe(text: str) -> bool:
    """Return whether a header can carry ``text``. If not, the error of httpx would reveal it."""
    return text.isascii() and text.isprintable() and text.strip() == text != ""


def _get_status(outcome: Outcome) -> int | None:
    return outcome.status if isinstance(outcome, ReceivedResponse) else None


def _require_success(outcome: Outcome, unsure: bool = False) -> ReceivedResponse:
    if failure := outcome.error():
        raise _mark_unsure(failure) if unsure else failure
    assert isinstance(outcome, ReceivedResponse)
    return outcome


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


def _mark_unsure(failure: IssuesError) -> IssuesError:
    text = str(failure).removesuffix(".")
    failure.args = (f"{text}. {_UNSURE}",)
    failure.unsure = True
    return failure


def start_iteration(query: IssueQuery | None) -> Paginator[Issue]:
    """Return a paginator for a list. Raises `ValueError` for backward paging."""
    if query and (query.before or query.last):
        raise ValueError("iterate() goes forwards: use page_order instead of before or last")
    return Paginator((query and query.page) or 1)


def make_page_query(
    query: IssueQuery | None, position: Mapping[str, str | int]
) -> IssueQuery | None:
    """Return ``query`` for the page at ``position``, which is empty for the first page."""
    if not position:
        return query
    return (query or IssueQuery()).model_copy(update={"page": None, **position})
