"""The client of the Issues API and, with the extra ``server``, the API and its command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from issue_portal.client import errors
    from issue_portal.client.arguments import NOT_GIVEN
    from issue_portal.client.async_client import AsyncIssuesClient
    from issue_portal.client.client import IssuesClient
    from issue_portal.client.errors import (
        ApiError,
        AuthenticationError,
        BadRequestError,
        BadResponseError,
        ConfigurationError,
        ConflictError,
        IssuesError,
        NotFoundError,
        NotSupportedError,
        PermissionDeniedError,
        PreconditionFailedError,
        RateLimitError,
        ServerError,
        UnreachableError,
    )

__all__ = [
    "NOT_GIVEN",
    "ApiError",
    "AsyncIssuesClient",
    "AuthenticationError",
    "BadRequestError",
    "BadResponseError",
    "ConfigurationError",
    "ConflictError",
    "IssuesClient",
    "IssuesError",
    "NotFoundError",
    "NotSupportedError",
    "PermissionDeniedError",
    "PreconditionFailedError",
    "RateLimitError",
    "ServerError",
    "UnreachableError",
    "__version__",
    "errors",
]

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
        case "NOT_GIVEN":
            return import_module("issue_portal.client.arguments").NOT_GIVEN
    if name in __all__:
        return getattr(import_module("issue_portal.client.errors"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
