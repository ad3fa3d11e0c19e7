"""The client of an Issues API, with types, safe retries and one exception class per failure.

    from issue_portal import IssuesClient

    with IssuesClient("http://localhost:8501", token) as client:
        issue = client.create(
            type="NoContextUsed", description="It ignored the attached policy."
        )
        print(issue.issue_number)

`issue_portal.client.errors` has the exceptions. `AsyncIssuesClient` has the same methods with
``await``.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, cast, overload

import httpx

from issue_portal.client.arguments import IssueChanges, IssueFilters, NewIssueFields
from issue_portal.client.base_client import BaseClient
from issue_portal.client.pages import SyncIssuePage
from issue_portal.client.raw_responses import RawCalls, RawResponse, build_raw_response, parse_json
from issue_portal.client.steps import Pause, RequestSteps
from issue_portal.client.transport import send
from issue_portal.models.requests import BulkChange, IssueQuery, NewIssue, StatsQuery
from issue_portal.models.responses import (
    ApiToken,
    ApiTokenPage,
    BulkResult,
    CreatedApiToken,
    Issue,
    IssueHistory,
    IssueStats,
    ProjectPage,
    ProjectSummary,
    ReceiptView,
    User,
    UserPage,
)
from issue_portal.models.vocabulary import Role, Scope

Result = TypeVar("Result")


class IssuesClient(BaseClient[httpx.Client]):
    """A client for one server and one caller; thread-safe.

    ``base_url`` may end in ``/api/v1`` and may be under another path. ``token`` is an API token, or
    a function that returns a fresh one for each request. ``org`` is sent in the header ``x-org``,
    which some servers require. If these are None, the environment variables ``ISSUES_API_URL``,
    ``ISSUES_API_TOKEN`` and ``ISSUES_ORG`` are used.

    ``timeout`` is the longest wait for the next byte, in seconds. After a failure, a call sends at
    most ``max_retries`` further requests. ``total_timeout`` is the longest time of a whole call, in
    seconds, with all its requests and the pauses between them, but without DNS look-ups.

    ``default_headers`` are added to each request. ``http_client`` is an httpx client of yours, for
    its proxies, certificates or transport; it stays open. Clients of one server can share a
    ``memory``, so that each of them knows what the server can do.

    Raises `ConfigurationError` if a setting is missing or invalid.
    """

    _http_type = httpx.Client

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
        """Close the connections: ``client.close()``, or leave a ``with`` block.

        An ``http_client`` of yours and the connections of `with_options` stay open.
        """
        if self._owns_http:
            self._http.close()

    @property
    def with_raw_response(self) -> RawCalls:
        """The same calls, which return the response and the result.

        response = client.with_raw_response.get(issue_id)
        print(response.status, response.headers["etag"], response.parse().state)
        """
        return RawCalls(self)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawResponse[Any]:
        """Send a request that the client has no method for. ``path`` is under ``/api/v1/app``.

        ``parse()`` of the result returns the JSON of the response, None if it is empty. Errors are
        those of the other methods. The client repeats GET, HEAD, PUT and DELETE; a POST only if it
        has a header ``Idempotency-Key`` and the server keeps keys, or if it was not sent.

            tags = client.request("GET", "/tag", params={"page_size": 100}).parse()
        """
        response = self._run(self._rules.request(method, path, params, json, headers))
        return build_raw_response(response, lambda: parse_json(response))

    @overload
    def create(self, new: NewIssue, *, idempotency_key: str | None = None) -> Issue: ...

    @overload
    def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[NewIssueFields]
    ) -> Issue: ...

    def create(
        self, new: NewIssue | None = None, *, idempotency_key: str | None = None, **fields: Any
    ) -> Issue:
        """Report an issue: a `NewIssue`, or its fields as keywords (see `NewIssueFields`).

        The result of an anonymous report has its ``receipt``. Raises `BadRequestError` with
        ``fields`` if a keyword is invalid; then nothing was sent.

        A report is never stored twice: after an attempt of unknown outcome, the client retries only
        if the server keeps idempotency keys. Otherwise, it raises an error with ``unsure`` set. To
        repeat the whole call safely, pass a random key of your own.

            key = str(uuid.uuid4())
            issue = client.create(type="Inaccurate", description="…", idempotency_key=key)
        """
        return self._run(self._rules.create(new, cast(NewIssueFields, fields), idempotency_key))

    def get(self, issue: Issue | str, *, deleted: bool = False) -> Issue:
        """Fetch one issue, by its id: ``client.get("issue_5c4b3a2d1e0f9a8b").state``.

        Raises `NotFoundError` if it does not exist, or if you may not see it. With ``deleted``,
        reviewers also get a deleted issue. Some servers send only a few fields: to add them to what
        you know of the issue, use `Issue.merge`.
        """
        return self._run(self._rules.get(issue, deleted=deleted))

    def update(
        self,
        issue: Issue | str,
        *,
        if_unchanged: bool = False,
        **changes: Unpack[IssueChanges],
    ) -> Issue:
        """Change fields of an issue (see `IssueChanges`); return the changed issue.

        The result is ``issue`` with the changes and with all fields that the server sent. For an id
        in place of an issue, the client first fetches the issue, because some servers mark it as
        unread unless the request says otherwise. With ``is_read``, it need not.

        With ``if_unchanged``, raises `PreconditionFailedError` if somebody else changed the issue
        since you fetched it. If ``issue`` has no entity tag, the client first fetches the issue
        again and compares the two versions.

            issue = client.update(issue, state="Closed", if_unchanged=True)
        """
        return self._run(self._rules.update(issue, changes, if_unchanged=if_unchanged))

    def delete(self, issue: Issue | str, *, etag: str | None = None) -> None:
        """Delete or withdraw an issue; with ``etag``, only if it still has that tag.

        client.delete(issue.id, etag=issue.etag)
        """
        self._run(self._rules.delete(issue, etag))

    def restore(self, issue: Issue | str, *, etag: str | None = None) -> Issue:
        """Bring back a deleted issue: ``client.restore(issue.id).state``.

        Raises `ConflictError` if it is not deleted. With ``etag``, only restores that version.
        Raises `NotSupportedError` or `NotFoundError` on a server that cannot restore issues.
        """
        return self._run(self._rules.restore(issue, etag))

    def update_many(
        self, issues: Sequence[Issue | str], change: BulkChange
    ) -> tuple[BulkResult, ...]:
        """Apply one change to many issues or ids; return what became of each, in the same order.

        Sends 100 issues at a time. Some issues may fail while others succeed: a result has the
        ``status`` that a call for this issue alone would get, and the ``code`` of its error. If a
        request fails, raises its error; earlier requests have taken effect. Raises
        `NotSupportedError` or `NotFoundError` on a server without bulk changes, also if ``issues``
        is empty.

            results = client.update_many(issues, BulkChange(is_read=True))
            failed = [result.id for result in results if result.code]
        """
        return self._run(self._rules.update_many(issues, change))

    def list(
        self, query: IssueQuery | None = None, **filters: Unpack[IssueFilters]
    ) -> SyncIssuePage:
        """Fetch one page of the issues that the caller may see, newest first.

        Select issues by keywords (see `IssueFilters`) or by an `IssueQuery`. Raises
        `BadRequestError` with ``fields`` if a keyword is invalid; then nothing was sent.
        Iterating over the page goes on with the following pages; ``data`` has its own issues only.
        Raises `NotSupportedError` if the server cannot filter or order lists as asked.

            waiting = client.list(states="NotReviewed").total_count
        """
        return SyncIssuePage.fetch(self._run, self._rules.walk(query, filters))

    def iterate(
        self, query: IssueQuery | None = None, **filters: Unpack[IssueFilters]
    ) -> Iterator[Issue]:
        """Iterate over all issues of a query, each once; fetch pages as needed.

        Takes the same arguments as `list`. Filters here if the server cannot.

        numbers = [issue.issue_number for issue in client.iterate(page_size=100)]
        """
        walk = self._rules.walk_forwards(query, filters)
        while not walk.is_over:
            yield from self._run(walk.fetch())

    def learn_values(self) -> None:
        """Look for states and types of a newer server: ``client.learn_values()``.

        Looks at the newest 100 issues. From then on, lists include the issues with these values,
        although `IssueState` and `IssueType` do not have them.
        """
        self._run(self._rules.learn_values())

    def history(self, issue: Issue | str, *, deleted: bool = False) -> IssueHistory:
        """Fetch the history of an issue, oldest first: ``client.history(issue.id).data[0].by``.

        With ``deleted``, reviewers also get the history of a deleted issue: its last entry with the
        action ``deleted`` says who deleted it and when.
        """
        return self._run(self._rules.history(IssueHistory, issue, deleted=deleted))

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
        return self._run(self._rules.name_project(ProjectSummary, project_id, name))

    def tokens(self) -> tuple[ApiToken, ...]:
        """Fetch your API tokens: ``names = [token.name for token in client.tokens()]``.

        With an API token, returns only that token: ``client.tokens()[0].scopes``.
        """
        return self._run(self._rules.list_all(ApiTokenPage, "/me/token"))

    def create_token(
        self,
        *,
        name: str,
        scopes: Sequence[Scope | str],
        expires_in_days: int,
        role: Role | str | None = None,
    ) -> CreatedApiToken:
        """Create an API token for the signed-in person; only its result has the secret.

        ``role`` is at most your own, which is the default. Servers refuse this call with an API
        token. The client never repeats it after an attempt of unknown outcome (``unsure``): list
        your tokens then, and revoke the one that you do not know.

            token = client.create_token(name="Export", scopes=["read"], expires_in_days=90)
        """
        values = {"name": name, "scopes": scopes, "expires_in_days": expires_in_days, "role": role}
        return self._run(self._rules.create_token(values))

    def revoke_token(self, token_id: str) -> None:
        """Revoke one of your API tokens: ``client.revoke_token(client.tokens()[0].id)``."""
        self._run(self._rules.revoke_token(token_id))

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
