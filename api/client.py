"""THE client of an Issues API: typed, retrying only what is safe, with one exception class a kind.

    from api.client import IssuesClient
    from api.contract import IssueType, NewIssue, ResourceType

    with IssuesClient("http://localhost:8501", token) as client:
        issue = client.create(
            NewIssue(
                description="It ignored the attached policy.",
                resource_type=ResourceType.THREAD,
                type=IssueType.NO_CONTEXT_USED,
                anonymous=False,
            )
        )
        print(issue.issue_number)

It works with any server of the contract. Errors are those of `api.errors`.
"""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.contract import (
    Issue,
    IssueHistory,
    IssuePage,
    IssueQuery,
    IssueState,
    IssueStats,
    IssueType,
    IssueUpdate,
    NewIssue,
    Problem,
    ReceiptView,
    User,
)
from api.errors import BadAnswer, IssuesError, Unreachable, error_for

Received = TypeVar("Received", bound=BaseModel)

_PREFIX = "/api/v1/app"
_RETRIED = {429, 502, 503, 504}
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0


class IssuesClient:
    """A client for one server and one caller; may be used by several threads.

    ``token`` is an API token, or a function that returns a fresh one for each request.
    ``timeout`` (seconds) bounds each attempt and ``patience`` (seconds) the whole call, pauses
    between its ``attempts`` included. ``org`` is sent as ``x-org`` to servers that want it.
    """

    def __init__(
        self,
        base_url: str,
        token: str | Callable[[], str],
        *,
        org: str | None = None,
        timeout: float = 10.0,
        attempts: int = 4,
        patience: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._token = token
        self._attempts = attempts
        self._patience = patience
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Accept": "application/json", "User-Agent": "issue-portal-client"}
            | ({"x-org": org} if org else {}),
            timeout=timeout,
            transport=transport,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def create(self, new: NewIssue, *, idempotency_key: str | None = None) -> Issue:
        """Report an issue. Pass your own key to repeat the call safely after an error."""
        key = idempotency_key or str(uuid.uuid4())
        body = new.model_dump(mode="json", exclude_none=True)
        return self._call(Issue, "POST", "/issue", json=body, headers={"Idempotency-Key": key})

    def get(self, issue_id: str) -> Issue:
        """One issue."""
        return self._call(Issue, "GET", f"/issue/{_segment(issue_id)}")

    def update(
        self,
        issue: Issue,
        *,
        description: str | None = None,
        type: IssueType | None = None,
        state: IssueState | None = None,
        is_read: bool | None = None,
    ) -> Issue:
        """Change what is given; returns the issue as it is now.

        ``is_read`` is always sent, because servers of the newer form reset it when it is absent.
        """
        given = {"description": description, "type": type, "state": state, "is_read": is_read}
        changes = {name: value for name, value in given.items() if value is not None}
        update = IssueUpdate.model_validate({"is_read": issue.is_read, **changes})
        body = update.model_dump(mode="json")
        return self._call(Issue, "PUT", f"/issue/{_segment(issue.id)}", json=body)

    def delete(self, issue_id: str) -> None:
        """Delete an issue, or withdraw one's own."""
        self._send("DELETE", f"/issue/{_segment(issue_id)}")

    def list(self, query: IssueQuery | None = None) -> IssuePage:
        """One page of the issues that the caller may see."""
        params = query.params() if query else {}
        return self._call(IssuePage, "GET", "/issue", params=params)

    def iterate(self, query: IssueQuery | None = None) -> Iterator[Issue]:
        """All issues of a query: by cursor where the server has cursors, else by page number."""
        query = query or IssueQuery()
        number = query.page or 1
        seen: set[str] = set()
        while True:
            page = self.list(query)
            for issue in page.data:
                # By number, a page shifts when an issue is created meanwhile.
                if issue.id not in seen:
                    yield issue
            if not page.has_next_page or not page.data:
                return
            seen = {issue.id for issue in page.data}
            if page.next_cursor:
                query = query.model_copy(update={"after": page.next_cursor, "page": None})
            else:
                number += 1
                query = query.model_copy(update={"page": number})

    def history(self, issue_id: str) -> IssueHistory:
        """Everything that happened to one issue."""
        return self._call(IssueHistory, "GET", f"/issue/{_segment(issue_id)}/history")

    def stats(self) -> IssueStats:
        """Counts of all issues."""
        return self._call(IssueStats, "GET", "/issue/stats")

    def look_up_receipt(self, receipt: str) -> ReceiptView:
        """The issue that was answered with this receipt."""
        body = {"receipt": receipt}
        return self._call(ReceiptView, "POST", "/issue/receipt", json=body, safe=True)

    def me(self) -> User:
        """The caller."""
        return self._call(User, "GET", "/me")

    def users(self) -> tuple[User, ...]:
        """Everyone of the organisation."""
        answer = _json(self._send("GET", "/user"))
        people = answer.get("data", answer) if isinstance(answer, dict) else answer
        try:
            return TypeAdapter(tuple[User, ...]).validate_python(people)
        except ValidationError as error:
            raise _unexpected(error) from error

    def _call(self, model: type[Received], method: str, path: str, **request: Any) -> Received:
        answer = _json(self._send(method, path, **request))
        try:
            return model.model_validate(answer)
        except ValidationError as error:
            raise _unexpected(error) from error

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
    ) -> httpx.Response:
        repeatable = safe or method != "POST" or "Idempotency-Key" in (headers or {})
        deadline = time.monotonic() + self._patience
        for attempt in range(1, self._attempts + 1):
            failure, pause = self._attempt(method, path, params, json, headers)
            if isinstance(failure, httpx.Response):
                return failure
            if pause is None or not (repeatable or isinstance(failure, _NeverSent)):
                raise failure
            pause = max(pause, _FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1))  # noqa: S311
            if attempt == self._attempts or time.monotonic() + pause > deadline:
                raise failure
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _attempt(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        json: Any,
        headers: Mapping[str, str] | None,
    ) -> tuple[httpx.Response | IssuesError, float | None]:
        """The answer, or the failure with the pause to make if another attempt may help."""
        token = self._token if isinstance(self._token, str) else self._token()
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        try:
            answer = self._http.request(
                method, _PREFIX + path, params=params, json=json, headers=sent
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return _NeverSent(f"The server cannot be reached: {error}"), 0.0
        except httpx.TransportError as error:
            return Unreachable(f"The server did not answer: {error or type(error).__name__}"), 0.0
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            return BadAnswer(str(error)), None
        if answer.is_success:
            return answer, None
        if answer.status_code < 400:
            return BadAnswer(f"The server answered with a redirect ({answer.status_code})."), None
        retry_after = _retry_after(answer)
        failure = error_for(_problem(answer), retry_after)
        if answer.status_code not in _RETRIED or (retry_after or 0) > _LONGEST_PAUSE:
            return failure, None
        return failure, retry_after or 0.0


class _NeverSent(Unreachable):
    """The request did not leave: repeating it is always safe."""


def _segment(text: str) -> str:
    """One segment of a path, whatever is in it."""
    return quote(text, safe="")


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise BadAnswer("The server's answer is not JSON.") from error


def _unexpected(error: ValidationError) -> BadAnswer:
    fields = {".".join(map(str, item["loc"])) for item in error.errors()}
    return BadAnswer(f"The server's answer is not as expected: {', '.join(sorted(fields)[:5])}")


def _problem(answer: httpx.Response) -> Problem:
    try:
        problem = Problem.model_validate(answer.json())
    except ValueError:  # HTML of a proxy, an empty body, an error document of another form
        problem = Problem(title=answer.reason_phrase)
    return problem.model_copy(update={"status": answer.status_code})


def _retry_after(answer: httpx.Response) -> float | None:
    value = answer.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
