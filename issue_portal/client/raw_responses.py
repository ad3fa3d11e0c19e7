"""Calls that also return the response: ``client.with_raw_response.get(issue_id).headers``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, Unpack, overload

import httpx

from issue_portal.client.arguments import NewIssueFields
from issue_portal.client.responses import ReceivedResponse
from issue_portal.models.requests import NewIssue
from issue_portal.models.responses import Issue

if TYPE_CHECKING:
    from issue_portal.client.async_client import AsyncIssuesClient
    from issue_portal.client.client import IssuesClient

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True)
class RawResponse(Generic[Result]):
    """The response to a call; if the call sent several requests, to the last one."""

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)
    """The body, decompressed."""
    request_id: str | None
    """Identifies the request in the server's log. None for anonymous reports and receipts."""
    _parse: Callable[[], Result] = field(repr=False)

    def text(self) -> str:
        """Return the body as text: ``response.text()``."""
        return self.content.decode(errors="replace")

    def parse(self) -> Result:
        """Return the result of the call: ``issue = response.parse()``."""
        return self._parse()


def build_raw_response(
    response: ReceivedResponse, parse: Callable[[], Result]
) -> RawResponse[Result]:
    """Return the raw response; ``parse`` returns the result of its call."""
    return RawResponse(response.status, response.headers, response.body, response.request_id, parse)


def parse_json(response: ReceivedResponse) -> Any:
    """Return the JSON of a response, None for an empty one. Raises `BadResponseError`."""
    is_empty = not response.flaw and response.body.strip() in (b"", b"null")
    return None if is_empty else response.json()


class RawCalls:
    """The calls of an `IssuesClient`, each with its response."""

    def __init__(self, client: "IssuesClient") -> None:
        self._client = client
        self.get = _record(client, client.get)
        self.update = _record(client, client.update)
        self.delete = _record(client, client.delete)
        self.restore = _record(client, client.restore)
        self.update_many = _record(client, client.update_many)
        self.list = _record(client, client.list)
        self.history = _record(client, client.history)
        self.stats = _record(client, client.stats)
        self.look_up_receipt = _record(client, client.look_up_receipt)
        self.me = _record(client, client.me)
        self.users = _record(client, client.users)
        self.projects = _record(client, client.projects)
        self.name_project = _record(client, client.name_project)
        self.tokens = _record(client, client.tokens)
        self.create_token = _record(client, client.create_token)
        self.revoke_token = _record(client, client.revoke_token)

    # A ParamSpec would only keep the first overload.
    @overload
    def create(
        self, new: NewIssue, *, idempotency_key: str | None = None
    ) -> RawResponse[Issue]: ...

    @overload
    def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[NewIssueFields]
    ) -> RawResponse[Issue]: ...

    def create(self, *arguments: Any, **named: Any) -> RawResponse[Issue]:
        """Like `IssuesClient.create`: ``client.with_raw_response.create(type="Other").status``."""
        return _record(self._client, self._client.create)(*arguments, **named)


class AsyncRawCalls:
    """The calls of an `AsyncIssuesClient`, each with its response."""

    def __init__(self, client: "AsyncIssuesClient") -> None:
        self._client = client
        self.get = _record_async(client, client.get)
        self.update = _record_async(client, client.update)
        self.delete = _record_async(client, client.delete)
        self.restore = _record_async(client, client.restore)
        self.update_many = _record_async(client, client.update_many)
        self.list = _record_async(client, client.list)
        self.history = _record_async(client, client.history)
        self.stats = _record_async(client, client.stats)
        self.look_up_receipt = _record_async(client, client.look_up_receipt)
        self.me = _record_async(client, client.me)
        self.users = _record_async(client, client.users)
        self.projects = _record_async(client, client.projects)
        self.name_project = _record_async(client, client.name_project)
        self.tokens = _record_async(client, client.tokens)
        self.create_token = _record_async(client, client.create_token)
        self.revoke_token = _record_async(client, client.revoke_token)

    @overload
    async def create(
        self, new: NewIssue, *, idempotency_key: str | None = None
    ) -> RawResponse[Issue]: ...

    @overload
    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[NewIssueFields]
    ) -> RawResponse[Issue]: ...

    async def create(self, *arguments: Any, **named: Any) -> RawResponse[Issue]:
        """Like `IssuesClient.create`: ``await client.with_raw_response.create(type="Other")``."""
        return await _record_async(self._client, self._client.create)(*arguments, **named)


class _LastResponse:
    """Receives the responses of one call and keeps the last."""

    def __init__(self) -> None:
        self.response: ReceivedResponse | None = None

    def receive(self, response: ReceivedResponse) -> None:
        self.response = response

    def build(self, result: Result) -> RawResponse[Result]:
        assert self.response is not None  # Every recorded call sends a request.
        return build_raw_response(self.response, lambda: result)


def _record(
    client: "IssuesClient", method: Callable[Parameters, Result]
) -> Callable[Parameters, RawResponse[Result]]:
    def call(*arguments: Parameters.args, **named: Parameters.kwargs) -> RawResponse[Result]:
        last = _LastResponse()
        recorded = getattr(client._copy_with(on_response=last.receive), method.__name__)
        return last.build(recorded(*arguments, **named))

    return call


def _record_async(
    client: "AsyncIssuesClient", method: Callable[Parameters, Awaitable[Result]]
) -> Callable[Parameters, Awaitable[RawResponse[Result]]]:
    async def call(*arguments: Parameters.args, **named: Parameters.kwargs) -> RawResponse[Result]:
        last = _LastResponse()
        recorded = getattr(client._copy_with(on_response=last.receive), method.__name__)
        return last.build(await recorded(*arguments, **named))

    return call
