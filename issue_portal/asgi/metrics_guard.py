"""Limits who can read the metrics: localhost, or the holder of ``ISSUES_METRICS_TOKEN`` (ASGI)."""

import secrets

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from issue_portal.asgi.problem_response import make_problem_response
from issue_portal.core.problems import ForbiddenError, ProblemError
from issue_portal.core.settings import get_settings

_PATHS = ("/api/metrics", "/_stcore/metrics")

_LOOPBACK = ("127.0.0.1", "::1")

_FORWARDED = ("forwarded", "x-forwarded-for")


class MetricsGuardMiddleware:
    """Shows numbers, Streamlit's own too, to this machine or to who has ``ISSUES_METRICS_TOKEN``.

    A request that a proxy passes on is not of this machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless it is one for numbers by somebody who may not see them."""
        # Routes let a line feed at the end pass, too.
        if scope["type"] == "http" and scope["path"].rstrip().endswith(_PATHS):
            try:
                _check_reader(Request(scope))
            except ProblemError as refusal:
                await make_problem_response(refusal)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _check_reader(request: Request) -> None:
    expected = get_settings().metrics_token.get_secret_value()
    if expected:
        authorization = request.headers.get("authorization", "").encode()
        if not secrets.compare_digest(authorization, f"Bearer {expected}".encode()):
            raise ProblemError(
                401, "This needs ISSUES_METRICS_TOKEN.", headers={"WWW-Authenticate": "Bearer"}
            )
        return
    is_local = request.client is not None and request.client.host in _LOOPBACK
    if not is_local or any(name in request.headers for name in _FORWARDED):
        raise ForbiddenError("Only for this machine, unless ISSUES_METRICS_TOKEN is set.")
