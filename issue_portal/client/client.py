"""The client of an Issues API, with types, safe retries and one exception class per failure.

    from issue_portal.client.client import IssuesClient
    from issue_portal.models.requests import NewIssue, ProjectUpdate
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

`issue_portal.client.errors` has the exceptions. `AsyncIssuesClient` has the same methods with
``await``.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx

from issue_portal.client.core import ClientRules
from issue_portal.client.sender import RequestSender
from issue_portal.client.server_memory import ServerMemory
from issue_portal.client.steps import Pause, RequestSteps
from issue_portal.client.transport import build_http_settings, send
from issue_portal.models.requests import (
    BulkChange,
    IssueChanges,
    IssueQuery,
    NewIssue,
    ProjectUpdate,
    StatsQuery,
)
from issue_portal.models.responses import (
    BulkResult,
    Issue,
    IssueHistory,
    IssuePage,
    IssueStats,
    ProjectPage,
    ProjectSummary,
    ReceiptView,
    User,
    UserPage,
)

Result = TypeVar("Result")


class IssuesClient:
    """A client for one server and one caller; thread-safe.

    ``token`` is an API token, or a function that returns a fresh one for each request. A call sends
    at most ``attempts`` requests. ``timeout`` is the longest wait for the next byte, in seconds.
    ``patience`` is the longest time of a whole call, in seconds, with all its requests and the
    pauses between them, but without DNS look-ups. ``org`` is sent in the header ``x-org``, which
    some servers require. ``base_url`` may end in ``/api/v1``. Clients of one server can share a
    ``memory``, so that each of them knows what the server can do.
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
        memory: ServerMemory | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        sender = RequestSender(token, timeout, attempts, patience, memory or ServerMemory())
        self._rules = ClientRules(sender)
        self._http = httpx.Client(**build_http_settings(base_url, org), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections: ``client.close()``, or leave a ``with`` block."""
        self._http.close()

    def create(self, new: NewIssue, *, idempotency_key: str | None = None) -> Issue:
        """Report an issue. The result of an anonymous report has its ``receipt``.

        A report is never stored twice: after an attempt of unknown outcome, the client retries only
        if the server keeps idempotency keys. Otherwise, it raises an error with ``unsure`` set. To
        repeat the whole call safely, pass a random key of your own.

            key = str(uuid.uuid4())
            issue = client.create(new, idempotency_key=key)
        """
        return self._run(self._rules.create(new, idempotency_key))

    def get(self, issue_id: str, *, deleted: bool = False) -> Issue:
        """Fetch one issue: ``client.get("issue_5c4b3a2d1e0f9a8b").state``.

        With ``deleted``, reviewers also get a deleted issue. Some servers send only a few fields:
        to add them to what you know of the issue, use `Issue.merge`.
        """
        return self._run(self._rules.get(issue_id, deleted=deleted))

    def update(
        self,
        issue: Issue,
        *,
        if_unchanged: bool = False,
        **changes: Unpack[IssueChanges],
    ) -> Issue:
        """Change fields of an issue (see `IssueChanges`); return the changed issue.

        The result is ``issue`` with the changes and with all fields that the server sent.

        With ``if_unchanged``, raises `PreconditionFailedError` if somebody else changed the issue
        since you fetched it. If ``issue`` has no entity tag, the client first fetches the issue
        again and compares the two versions.

            issue = client.update(issue, state=IssueState.CLOSED, if_unchanged=True)
        """
        return self._run(self._rules.update(issue, changes, if_unchanged=if_unchanged))

    def delete(self, issue_id: str, *, etag: str | None = None) -> None:
        """Delete or withdraw an issue; with ``etag``, only if it still has that tag.

        client.delete(issue.id, etag=issue.etag)
        """
        self._run(self._rules.delete(issue_id, etag))

    def restore(self, issue_id: str, *, etag: str | None = None) -> Issue:
        """Bring back a deleted issue: ``client.restore(issue.id).state``.

        Raises `ConflictError` if it is not deleted. With ``etag``, only restores that version.
        Raises `NotSupportedError` or `NotFoundError` on a server that cannot restore issues.
        """
        return self._run(self._rules.restore(issue_id, etag))

    def update_many(self, ids: Sequence[str], change: BulkChange) -> tuple[BulkResult, ...]:
        """Apply one change to many issues; return what became of each, in the order of ``ids``.

        Sends 100 issues at a time. Some issues may fail while others succeed: a result has the
        ``status`` that a call for this issue alone would get, and the ``code`` of its error. If a
        request fails, raises its error; earlier requests have taken effect. Raises
        `NotSupportedError` or `NotFoundError` on a server without bulk changes, also if ``ids`` is
        empty.

            results = client.update_many(ids, BulkChange(is_read=True))
            failed = [result.id for result in results if result.code]
        """
        return self._run(self._rules.update_many(ids, change))

    def list(self, query: IssueQuery | None = None) -> IssuePage:
        """Fetch one page of the issues that the caller may see, newest first.

        Raises `NotSupportedError` if the server cannot filter or order lists as asked.

        waiting = client.list(IssueQuery(states=(IssueState.NOT_REVIEWED,))).total_count
        """
        return self._run(self._rules.list(query))

    def iterate(self, query: IssueQuery | None = None) -> Iterator[Issue]:
        """Iterate over all issues of a query, each once; fetch pages as needed.

        Filters here if the server cannot.

        numbers = [issue.issue_number for issue in client.iterate(IssueQuery(page_size=100))]
        """
        walk = self._rules.walk(query)
        while not walk.is_over:
            yield from self._run(walk.fetch())

    def learn_values(self) -> None:
        """Look for states and types of a newer server: ``client.learn_values()``.

        Looks at the newest 100 issues. From then on, lists include the issues with these values,
        although `IssueState` and `IssueType` do not have them.
        """
        self._run(self._rules.learn_values())

    def history(self, issue_id: str) -> IssueHistory:
        """Fetch the history of an issue, oldest first: ``client.history(issue.id).data[0].by``."""
        return self._run(self._rules.history(IssueHistory, issue_id))

    def stats(self, query: StatsQuery | None = None) -> IssueStats:
        """Count the issues of a period, or all issues: ``client.stats().by_state["Closed"]``."""
        return self._run(self._rules.fetch(IssueStats, "/issue/stats", query))

    def look_up_receipt(self, receipt: str) -> ReceiptView:
        """Fetch the issue of a receipt.

        state = client.look_up_receipt("4821-0973-5512-8840").state
        """
        return self._run(self._rules.look_up(ReceiptView, receipt))

    def me(self) -> User:
        """Fetch the caller: ``client.me().name``."""
        return self._run(self._rules.fetch(User, "/me"))

    def users(self) -> tuple[User, ...]:
        """Fetch all users: ``{user.id: user.name for user in client.users()}``."""
        return self._run(self._rules.list_all(UserPage, "/user"))

    def projects(self) -> tuple[ProjectSummary, ...]:
        """Fetch all projects: ``{project.id: project.name for project in client.projects()}``."""
        return self._run(self._rules.list_all(ProjectPage, "/project"))

    def name_project(self, project_id: str, name: str) -> ProjectSummary:
        """Name a project: ``client.name_project("project_7", "Support").name``."""
        update = ProjectUpdate(name=name)
        return self._run(self._rules.name_project(ProjectSummary, project_id, update))

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
