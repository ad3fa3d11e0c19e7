"""The settings and connections that both clients have."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any, Generic, Self, TypeVar

import httpx

from issue_portal.client import configuration
from issue_portal.client.core import ClientRules
from issue_portal.client.sender import RequestSender
from issue_portal.client.server_memory import ServerMemory

HttpClient = TypeVar("HttpClient", httpx.Client, httpx.AsyncClient)


class BaseClient(Generic[HttpClient]):
    """A client for one server and one caller."""

    _http_type: type[HttpClient]

    def __init__(
        self,
        base_url: str | None = None,
        token: str | Callable[[], str] | None = None,
        *,
        org: str | None = None,
        timeout: float = 10.0,
        max_retries: int = 3,
        total_timeout: float = 30.0,
        default_headers: Mapping[str, str] | None = None,
        http_client: HttpClient | None = None,
        memory: ServerMemory | None = None,
    ) -> None:
        if http_client is not None and not isinstance(http_client, self._http_type):
            expected, received = self._http_type.__name__, type(http_client).__name__
            raise TypeError(f"http_client must be an httpx.{expected}, not {received}")
        sender = RequestSender(
            configuration.find_base_url(base_url),
            configuration.find_token(token),
            configuration.build_headers(org, default_headers),
            timeout,
            max_retries,
            total_timeout,
            memory or ServerMemory(),
        )
        self._rules = ClientRules(sender)
        self._owns_http = http_client is None
        self._http: HttpClient = http_client or self._http_type(
            limits=configuration.CONNECTION_LIMITS, verify=configuration.load_certificates()
        )

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        total_timeout: float | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a client with other options, which shares the connections of this one.

        ``default_headers`` are added to those of this client. Close only the original.

        issue = client.with_options(timeout=60, max_retries=0).get(issue_id)
        """
        options = {"timeout": timeout, "max_retries": max_retries, "total_timeout": total_timeout}
        changes: dict[str, Any] = {
            name: value for name, value in options.items() if value is not None
        }
        if default_headers is not None:
            headers = self._rules.sender.headers.copy()
            headers.update(configuration.check_headers(default_headers, is_default=True))
            changes["headers"] = headers
        return self._copy_with(**changes)

    def _copy_with(self, **changes: Any) -> Self:
        """Return a copy with changed fields of its `RequestSender`."""
        other = copy(self)
        other._rules = replace(self._rules, sender=replace(self._rules.sender, **changes))
        other._owns_http = False
        return other
