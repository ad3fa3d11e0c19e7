"""The client of the Issues API and, with the extra ``server``, the API and its command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from issue_portal.client import errors
    from issue_portal.client.async_client import AsyncIssuesClient
    from issue_portal.client.client import IssuesClient

__all__ = ["AsyncIssuesClient", "IssuesClient", "__version__", "errors"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the client on first use, so that commands that do not need httpx start faster."""
    match name:
        case "errors":
            return import_module("issue_portal.client.errors")
        case "IssuesClient":
            return import_module("issue_portal.client.client").IssuesClient
        case "AsyncIssuesClient":
            return import_module("issue_portal.client.async_client").AsyncIssuesClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
