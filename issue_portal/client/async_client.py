"""The client for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, Unpack, cast, overload

import httpx

from issue_portal.client.arguments import IssueChanges, IssueFilters, NewIssueFields
from issue_portal.client.base_client import BaseClient
from issue_portal.client.client import Result
from issue_portal.client.pages import AsyncIssuePage
from issue_portal.client.raw_responses import (
    AsyncRawCalls,
    RawResponse,
    build_raw_response,
    parse_json,
)
from issue_portal.client.steps import Pause, RequestSteps
from issue_portal.client.transport import send_async
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


class AsyncIssuesClient(BaseClient[httpx.AsyncClient]):
    """`IssuesClient` for asyncio, with the same calls, settings and errors.

    Use it on one event loop. If ``token`` is a function, it runs on the loop and must not block.

    async with AsyncIssuesClient("http://localhost:8501", token) as client:
        async for issue in client.iterate():
            print(issue.issue_number)
    """

    _http_type = httpx.AsyncClient

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Like `IssuesClient.close`: ``await client.aclose()``, or leave an ``async with``."""
        if self._owns_http:
            await self._http.aclose()

    @property
    def with_raw_response(self) -> AsyncRawCalls:
        """Like `IssuesClient.with_raw_response`.

        response = await client.with_raw_response.get(issue_id)
        """
        return AsyncRawCalls(self)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawResponse[Any]:
        """Like `IssuesClient.request`: ``tags = (await client.request("GET", "/tag")).parse()``."""
        response = await self._run(self._rules.request(method, path, params, json, headers))
        return build_raw_response(response, lambda: parse_json(response))

    @overload
    async def create(self, new: NewIssue, *, idempotency_key: str | None = None) -> Issue: ...

    @overload
    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[NewIssueFields]
    ) -> Issue: ...

    async def create(
        self, new: NewIssue | None = None, *, idempotency_key: str | None = None, **fields: Any
    ) -> Issue:
        """Like `IssuesClient.create`: ``issue = await client.create(type="Inaccurate")``."""
        steps = self._rules.create(new, cast(NewIssueFields, fields), idempotency_key)
        return await self._run(steps)

    async def get(self, issue: Issue | str, *, deleted: bool = False) -> Issue:
        """Fetch one issue: ``issue = await client.get("issue_5c4b3a2d1e0f9a8b")``."""
        return await self._run(self._rules.get(issue, deleted=deleted))

    async def update(
        self,
        issue: Issue | str,
        *,
        if_unchanged: bool = False,
        **changes: Unpack[IssueChanges],
    ) -> Issue:
        """Like `IssuesClient.update`: ``issue = await client.update(issue, is_read=True)``."""
        return await self._run(self._rules.update(issue, changes, if_unchanged=if_unchanged))

    async def delete(self, issue: Issue | str, *, etag: str | None = None) -> None:
        """Like `IssuesClient.delete`: ``await client.delete(issue.id)``."""
        await self._run(self._rules.delete(issue, etag))

    async def restore(self, issue: Issue | str, *, etag: str | None = None) -> Issue:
        """Like `IssuesClient.restore`: ``issue = await client.restore(issue.id)``."""
        return await self._run(self._rules.restore(issue, etag))

    async def update_many(
        self, issues: Sequence[Issue | str], change: BulkChange
    ) -> tuple[BulkResult, ...]:
        """Like `IssuesClient.update_many`.

        results = await client.update_many(issues, BulkChange(is_read=True))
        """
        return await self._run(self._rules.update_many(issues, change))

    async def list(
        self, query: IssueQuery | None = None, **filters: Unpack[IssueFilters]
    ) -> AsyncIssuePage:
        """Like `IssuesClient.list`: ``page = await client.list(page=2)``."""
        return await AsyncIssuePage.fetch(self._run, self._rules.walk(query, filters))

    async def iterate(
        self, query: IssueQuery | None = None, **filters: Unpack[IssueFilters]
    ) -> AsyncIterator[Issue]:
        """Like `IssuesClient.iterate`: ``[issue.id async for issue in client.iterate()]``."""
        walk = self._rules.walk_forwards(query, filters)
        while not walk.is_over:
            for issue in await self._run(walk.fetch()):
                yield issue

    async def learn_values(self) -> None:
        """Like `IssuesClient.learn_values`: ``await client.learn_values()``."""
        await self._run(self._rules.learn_values())

    async def history(self, issue: Issue | str, *, deleted: bool = False) -> IssueHistory:
        """Fetch the history: ``entries = (await client.history(issue.id)).data``."""
        return await self._run(self._rules.history(IssueHistory, issue, deleted=deleted))

    async def stats(self, query: StatsQuery | None = None) -> IssueStats:
        """Like `IssuesClient.stats`: ``total = (await client.stats()).total``."""
        return await self._run(self._rules.fetch(IssueStats, "/issue/stats", query))

    async def look_up_receipt(self, receipt: str) -> ReceiptView:
        """Fetch the issue of a receipt: ``await client.look_up_receipt("4821-0973-5512-8840")``."""
        return await self._run(self._rules.look_up(ReceiptView, receipt))

    async def me(self) -> User:
        """Fetch the caller: ``name = (await client.me()).name``."""
        return await self._run(self._rules.fetch(User, "/me"))

    async def users(self) -> tuple[User, ...]:
        """Fetch all users: ``people = await client.users()``."""
        return await self._run(self._rules.list_all(UserPage, "/user"))

    async def projects(self) -> tuple[ProjectSummary, ...]:
        """Like `IssuesClient.projects`: ``projects = await client.projects()``."""
        return await self._run(self._rules.list_all(ProjectPage, "/project"))

    async def name_project(self, project_id: str, name: str) -> ProjectSummary:
        """Like `IssuesClient.name_project`: ``await client.name_project("p7", "Support")``."""
        return await self._run(self._rules.name_project(ProjectSummary, project_id, name))

    async def tokens(self) -> tuple[ApiToken, ...]:
        """Like `IssuesClient.tokens`: ``tokens = await client.tokens()``."""
        return await self._run(self._rules.list_all(ApiTokenPage, "/me/token"))

    async def create_token(
        self,
        *,
        name: str,
        scopes: Sequence[Scope | str],
        expires_in_days: int,
        role: Role | str | None = None,
    ) -> CreatedApiToken:
        """Like `IssuesClient.create_token`.

        token = await client.create_token(name="Export", scopes=["read"], expires_in_days=90)
        """
        values = {"name": name, "scopes": scopes, "expires_in_days": expires_in_days, "role": role}
        return await self._run(self._rules.create_token(values))

    async def revoke_token(self, token_id: str) -> None:
        """Like `IssuesClient.revoke_token`: ``await client.revoke_token(token.id)``."""
        await self._run(self._rules.revoke_token(token_id))

    async def _run(self, call: RequestSteps[Result]) -> Result:
        outcome = None
        while True:
            try:
                step = call.send(outcome)
            except StopIteration as done:
                result: Result = done.value
                return result
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                outcome = None
            else:
                outcome = await send_async(self._http, step)
