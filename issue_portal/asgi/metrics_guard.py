"""Restricts the metrics to localhost, or to requests with ``ISSUES_METRICS_TOKEN``."""

import secrets

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from issue_portal.asgi.problem_response import make_problem_response
from issue_portal.core.problems import ForbiddenError, ProblemError
from issue_portal.core.settings import get_settings

_PATHS = ("/api/metrics", "/_stcore/metrics")

_LOOPBACK = ("127.0.0.1", "::1")

_PROXY_HEADERS = ("forwarded", "x-forwarded-for")


class MetricsGuardMiddleware:
    """Refuses requests for the metrics of the API and of Streamlit, unless they are allowed.

    With ``ISSUES_METRICS_TOKEN``, allows only requests with this token. Otherwise, allows only
    local requests. A request that a proxy forwards does not count as local.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with a 401 or 403."""
        # Routes also match a path with a line feed at its end.
        if scope["type"] == "http" and scope["path"].rstrip().endswith(_PATHS):
            try:
                _check_access(Request(scope))
            except ProblemError as refusal:
                await make_problem_response(refusal)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _check_access(request: Request) -> None:
    expected = get_settings().metrics_token.get_secret_value()
    if expected:
        authorization = request.headers.get("authorization", "").encode()
        if not secrets.compare_digest(authorization, f"Bearer {expected}".encode()):
            raise ProblemError(
                401,
                "Send ISSUES_METRICS_TOKEN as the bearer token.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return
    is_local = request.client is not None and request.client.host in _LOOPBACK
    if not is_local or any(name in request.headers for name in _PROXY_HEADERS):
        raise ForbiddenError("Only localhost may read metrics, unless ISSUES_METRICS_TOKEN is set.")
