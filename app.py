"""The ASGI app: the portal, and the API under ``/api``, on one port.

``streamlit run app.py`` and ``uvicorn app:app`` both serve it.
"""

import gc

# Garbage collection during the start takes a sixth of its time. `web.startup` enables the garbage
# collector when the server starts.
gc.disable()

import logging
import sys

import streamlit as st
from starlette.middleware import Middleware

from components.ui import messages
from issue_portal.asgi import uvicorn_limits
from issue_portal.asgi.cors import ApiCorsMiddleware, PreflightMiddleware
from issue_portal.asgi.metrics_guard import MetricsGuardMiddleware
from issue_portal.asgi.response_chunks import ResponseChunksMiddleware
from issue_portal.asgi.security_headers import SecurityHeadersMiddleware
from issue_portal.core import logging_setup
from issue_portal.core.settings import FatalError
from web import (
    export_route,
    html_shell,
    oidc_routes,
    sign_in_cookie_route,
    startup,
    streamlit_compat,
)
from web.connection_limits import ConnectionLimitsMiddleware
from web.cookie_filter import CookieFilterMiddleware
from web.request_limits import RequestLimitsMiddleware
from web.static_files import StaticFilesMiddleware
from web.websocket_messages import LONGEST_MESSAGE

try:
    portal_process = startup.start()
except FatalError as error:
    # Exit before the server starts, so that the operator sees only this line.
    logging_setup.print_notice(str(error), logging.CRITICAL)
    sys.exit(1)

# While a script computes, each response waits for the interpreter about ten times, for up to one
# switch interval each: with the default of 5 ms, for 50 ms. See bench/README.md, "Switch interval".
sys.setswitchinterval(0.001)

uvicorn_limits.limit_connections(longest_message=LONGEST_MESSAGE)

streamlit_compat.disable_pages_directory()
# `issue_portal.server.http.compression` compresses the responses of the API.
streamlit_compat.exclude_from_compression("/api/")

app = st.App(
    "portal.py",
    routes=[portal_process.api_route, export_route.route, sign_in_cookie_route.route],
    middleware=[
        Middleware(SecurityHeadersMiddleware, inline_script=streamlit_compat.START_SCRIPT),
        Middleware(ApiCorsMiddleware),
        Middleware(CookieFilterMiddleware),
        Middleware(RequestLimitsMiddleware),
        Middleware(PreflightMiddleware),
        Middleware(ResponseChunksMiddleware),
        Middleware(StaticFilesMiddleware),
        Middleware(MetricsGuardMiddleware),
        Middleware(ConnectionLimitsMiddleware),
        Middleware(oidc_routes.OidcRoutesMiddleware),
        Middleware(html_shell.HtmlShellMiddleware),
    ],
    lifespan=portal_process.lifespan,
    on_script_error=messages.render_crash,
)
