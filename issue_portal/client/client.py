"""THE client of an Issues API: typed, retrying only what is safe, with one exception class a kind.

    from issue_portal.client.client import IssuesClient
    from issue_portal.models.requests import NewIssue
    from issue_portal.models.vocabulary import IssueType, ResourceType

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

It works with any server of the contract. Its exceptions are in `issue_portal.client.errors`.
`AsyncIssuesClient` has the same methods with ``await``; `issue_portal.client.core` has the rules of
both.
"""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self, TypeVar

import httpx

from issue_portal.client.core import (
    ClientRules,
    Pause,
    RequestSteps,
    drop_none,
    next_query,
    start_iteration,
)
from issue_portal.client.transport import build_http_settings, send
from issue_portal.models.requests import IssueQuery, NewIssue, StatsQuery
from issue_portal.models.responses import (
    Issue,
    IssueHistory,
    IssuePage,
    IssueStats,
    ReceiptView,
    User,
)
from issue_portal.models.vocabulary import IssueState, IssueType

Result = TypeVar("Result")


class IssuesClient:
    """A client for one server and one caller; may be used by several threads.

    ``token`` is an API token, or a function that returns a fresh one for each request.
    ``timeout`` (seconds) is how long to wait for a sign of life from the server, ``patience``
    (seconds) bounds the whole call: its ``attempts``, the pauses between them and all reading, not
    the look-up of the host's name. ``org`` is sent as ``x-org`` to servers that want it.
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
        self._rules = ClientRules(token, timeout, attempts, patience)
        self._http = httpx.Client(**build_http_settings(base_url, org), transport=transport)

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
        """Close the connections: ``client.close()``, or leave a ``with`` block."""
        self._http.close()

    def create(self, new: NewIssue, *, idempotency_key: str | None = None) -> Issue:
        """Report an issue; the answer to an anonymous report has its ``receipt``.

        It is never stored twice: after an attempt of unknown end it is repeated only if the server
        keeps idempotency keys; else the error has ``unsure`` set. Pass a key of your own, a random
        one, to be able to repeat the whole call as well.

            key = str(uuid.uuid4())
            issue = client.create(new, idempotency_key=key)
        """
        return self._run(self._rules.create(new, idempotency_key))

    def get(self, issue_id: str) -> Issue:
        """One issue: ``client.get("issue_5c4b3a2d1e0f9a8b").state``."""
        return self._run(self._rules.get(issue_id))

    def update(
        self,
        issue: Issue,
        *,
        description: str | None = None,
        type: IssueType | None = None,
        state: IssueState | None = None,
        is_read: bool | None = None,
        if_unchanged: bool = False,
    ) -> Issue:
        """Change what is given; returns the issue as it is now.

        With ``if_unchanged``, only if nobody changed it since you got ``issue``, else raises
        `PreconditionFailedError`. On servers without entity tags that is a look just before.

            issue = client.update(issue, state=IssueState.CLOSED, if_unchanged=True)
        """
        changes = drop_none(description=description, type=type, state=state, is_read=is_read)
        return self._run(self._rules.update(issue, changes, if_unchanged=if_unchanged))

    def delete(self, issue_id: str, *, etag: str | None = None) -> None:
        """Delete an issue, or withdraw one's own; with ``etag`` only if it still has that one.

        client.delete(issue.id, etag=issue.etag)
        """
        self._run(self._rules.delete(issue_id, etag))

    def list(self, query: IssueQuery | None = None) -> IssuePage:
        """One page of the issues that the caller may see, newest first.

        waiting = client.list(IssueQuery(states=(IssueState.NOT_REVIEWED,))).total_count
        """
        return self._run(self._rules.fetch(IssuePage, "/issue", query))

    def iterate(self, query: IssueQuery | None = None) -> Iterator[Issue]:
        """All issues of a query, each once, fetched page by page as you go.

        numbers = [issue.issue_number for issue in client.iterate(IssueQuery(page_size=100))]
        """
        pages = start_iteration(query)
        while pages.position is not None:
            yield from pages.take(self.list(next_query(query, pages.position)))

    def history(self, issue_id: str) -> IssueHistory:
        """What happened to one issue, oldest first: ``client.history(issue.id).data[0].by``."""
        return self._run(self._rules.history(IssueHistory, issue_id))

    def stats(self, query: StatsQuery | None = None) -> IssueStats:
        """Counts of the issues of a period, or of all: ``client.stats().by_state["Closed"]``."""
        return self._run(self._rules.fetch(IssueStats, "/issue/stats", query))

    def look_up_receipt(self, receipt: str) -> ReceiptView:
        """The issue that was answered with this receipt.

        state = client.look_up_receipt("4821-0973-5512-8840").state
        """
        return self._run(self._rules.look_up(ReceiptView, receipt))

    def me(self) -> User:
        """The caller: ``client.me().name``."""
        return self._run(self._rules.fetch(User, "/me", None))

    def users(self) -> tuple[User, ...]:
        """Everyone of the organisation: ``{user.id: user.name for user in client.users()}``."""
        return self._run(self._rules.users())

    def _run(self, call: RequestSteps[Result]) -> Result:
        outcome = None
        while True:
            try:
                step = call.send(outcome)
            except StopIteration as done:
                result: Result = done.value
                return result
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                outcome = None
            else:
                outcome = send(self._http, step)
