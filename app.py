"""The ASGI app: the portal, with the API beside it under ``/api``, on one port.

``streamlit run app.py`` and ``uvicorn app:app`` both serve it.
"""

import gc

# Until all is loaded: the collector would go through it again and again, a quarter of the start.
gc.disable()

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Router
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.server.server_util import get_url

from auth import api_backend, return_target, sign_in_cookie
from components.issues import undo
from components.ui import js_component, messages
from issue_portal.core import telemetry
from issue_portal.core.settings import CannotStart, get_settings
from issue_portal.server.http import graceful_shutdown, uvicorn_limits
from issue_portal.server.http.app import create_app, mounted
from issue_portal.server.http.metrics import MetricsGuard, watch_queue
from issue_portal.server.http.response_chunks import AnswerPartsMiddleware
from issue_portal.server.http.security_headers import SecurityHeaders
from web import export_route, html_shell, session_metrics, startup
from web.connection_limits import ConnectionLimits
from web.in_process_transport import InProcessTransport
from web.request_limits import RequestLimitsMiddleware
from web.static_files import BundleFiles
from web.websocket_messages import LONGEST_MESSAGE

try:
    keys, service = startup.start()
except CannotStart as error:
    # Before the server runs, so that this line is all there is to read.
    sys.exit(str(error))

# An answer waits some ten times for a script that computes, for 5 ms each unless told otherwise:
# bench/README.md, "Long scripts".
sys.setswitchinterval(0.001)

api = create_app(service)
routes = [mounted(api)]
uvicorn_limits.limit_connections(LONGEST_MESSAGE)


# Streamlit 1.67 takes a folder called pages for pages of their own until st.navigation has run for
# the first time: the first visitor who came by a deep link would get a page without portal.py.
PagesManager.uses_pages_directory = False


def announce() -> None:
    """Say where the portal is. Under uvicorn, uvicorn does; it alone knows the port then."""
    if "streamlit.web.cli" in sys.modules:
        address = st.get_option("server.address")
        url = get_url("localhost" if address in ("0.0.0.0", "::", None) else address)  # noqa: S104
        sys.stderr.write(f"\n  Issue Portal: {url}\n\n")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Connect the portal to its API, for as long as the server runs."""
    # What is here now stays: the garbage collector need not go through it again and again.
    gc.freeze()
    gc.enable()
    announce()
    session_metrics.watch_sessions()
    js_component.serve_files()
    if service:
        watch_queue(service)
        api_backend.use_embedded(
            keys, InProcessTransport(Router(routes), asyncio.get_running_loop())
        )
    else:
        api_backend.use_remote(keys)
    async with api.router.lifespan_context(api):
        with graceful_shutdown.announced(get_settings().drain_seconds):
            yield
        await asyncio.to_thread(undo.finish_all)
        await asyncio.to_thread(api_backend.current().ended.write)
    if service:
        service.close()
    telemetry.stop()


app = st.App(
    "portal.py",
    routes=[*routes, export_route.route, sign_in_cookie.route],
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(RequestLimitsMiddleware),
        Middleware(AnswerPartsMiddleware),
        Middleware(BundleFiles),
        Middleware(MetricsGuard),
        Middleware(ConnectionLimits),
        Middleware(return_target.LeadBack),
        Middleware(html_shell.IndexPage),
    ],
    lifespan=lifespan,
    on_script_error=messages.crashed,
)
