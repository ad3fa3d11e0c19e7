"""The client for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Self, Unpack

import httpx

from issue_portal.client.client import Result
from issue_portal.client.core import ClientRules
from issue_portal.client.sender import RequestSender
from issue_portal.client.server_memory import ServerMemory
from issue_portal.client.steps import Pause, RequestSteps
from issue_portal.client.transport import build_http_settings, send_async
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


class AsyncIssuesClient:
    """`IssuesClient` for asyncio, with the same calls, settings and errors.

    Use it on one event loop. If ``token`` is a function, it runs on the loop and must not block.

    async with AsyncIssuesClient("http://localhost:8501", token) as client:
        async for issue in client.iterate():
            print(issue.issue_number)
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
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        sender = RequestSender(token, timeout, attempts, patience, memory or ServerMemory())
        self._rules = ClientRules(sender)
        self._http = httpx.AsyncClient(**build_http_settings(base_url, org), transport=transport)

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
        """Close the connections: ``await client.aclose()``, or leave an ``async with`` block."""
        await self._http.aclose()

    async def create(self, new: NewIssue, *, idempotency_key: str | None = None) -> Issue:
        """Like `IssuesClient.create`: ``issue = await client.create(new)``."""
        return await self._run(self._rules.create(new, idempotency_key))

    async def get(self, issue_id: str, *, deleted: bool = False) -> Issue:
        """Fetch one issue: ``issue = await client.get("issue_5c4b3a2d1e0f9a8b")``."""
        return await self._run(self._rules.get(issue_id, deleted=deleted))

    async def update(
        self,
        issue: Issue,
        *,
        if_unchanged: bool = False,
        **changes: Unpack[IssueChanges],
    ) -> Issue:
        """Like `IssuesClient.update`: ``issue = await client.update(issue, is_read=True)``."""
        return await self._run(self._rules.update(issue, changes, if_unchanged=if_unchanged))

    async def delete(self, issue_id: str, *, etag: str | None = None) -> None:
        """Like `IssuesClient.delete`: ``await client.delete(issue.id)``."""
        await self._run(self._rules.delete(issue_id, etag))

    async def restore(self, issue_id: str, *, etag: str | None = None) -> Issue:
        """Like `IssuesClient.restore`: ``issue = await client.restore(issue.id)``."""
        return await self._run(self._rules.restore(issue_id, etag))

    async def update_many(self, ids: Sequence[str], change: BulkChange) -> tuple[BulkResult, ...]:
        """Like `IssuesClient.update_many`.

        results = await client.update_many(ids, BulkChange(is_read=True))
        """
        return await self._run(self._rules.update_many(ids, change))

    async def list(self, query: IssueQuery | None = None) -> IssuePage:
        """Like `IssuesClient.list`: ``page = await client.list(IssueQuery(page=2))``."""
        return await self._run(self._rules.list(query))

    async def iterate(self, query: IssueQuery | None = None) -> AsyncIterator[Issue]:
        """Like `IssuesClient.iterate`: ``[issue.id async for issue in client.iterate()]``."""
        walk = self._rules.walk(query)
        while not walk.is_over:
            for issue in await self._run(walk.fetch()):
                yield issue

    async def learn_values(self) -> None:
        """Like `IssuesClient.learn_values`: ``await client.learn_values()``."""
        await self._run(self._rules.learn_values())

    async def history(self, issue_id: str) -> IssueHistory:
        """Fetch the history: ``entries = (await client.history(issue.id)).data``."""
        return await self._run(self._rules.history(IssueHistory, issue_id))

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
        update = ProjectUpdate(name=name)
        return await self._run(self._rules.name_project(ProjectSummary, project_id, update))

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
