"""The API as an ASGI application: mounted beside the portal under ``/api``, or standalone."""

import gc
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from issue_portal.asgi import graceful_shutdown
from issue_portal.asgi.cors import ApiCorsMiddleware, PreflightMiddleware
from issue_portal.asgi.metrics_guard import MetricsGuardMiddleware
from issue_portal.asgi.response_chunks import ResponseChunksMiddleware
from issue_portal.asgi.security_headers import SecurityHeadersMiddleware
from issue_portal.core import telemetry
from issue_portal.server.http import (
    health,
    metrics,
    problem_responses,
    routes_directory,
    routes_issue,
    routes_issues,
    routes_tokens,
)
from issue_portal.server.http.authentication import AuthenticationMiddleware
from issue_portal.server.http.compression import CompressionMiddleware
from issue_portal.server.http.docs_page import make_docs_routes
from issue_portal.server.http.head_requests import HeadMiddleware
from issue_portal.server.http.openapi import JsonObject, make_document
from issue_portal.server.http.options_requests import OptionsMiddleware
from issue_portal.server.http.request_log import RequestLogMiddleware
from issue_portal.server.services.service import Service

# The first route that matches wins: `/issue/stats` is not the id of an issue.
_ROUTERS: Final = (
    routes_issues.router,
    routes_issue.router,
    routes_directory.router,
    routes_tokens.router,
    health.router,
)


def build_openapi_document() -> JsonObject:
    """Return the OpenAPI document of the API, which does not depend on settings."""
    return make_document([route for router in _ROUTERS for route in router.routes])


def create_app(service: Service | None) -> FastAPI:
    """Return the API to mount under ``/api``. Without a service, it has only health and metrics."""
    routers = _ROUTERS if service else (health.router,)
    api_routes = [route for router in routers for route in router.routes]
    app = FastAPI(
        exception_handlers=problem_responses.make_exception_handlers(),
        # `include_router` would resolve the prefixes of the routers again for each request.
        routes=api_routes,
        # FastAPI's own pages load scripts from another host.
        openapi_url=None,
        redirect_slashes=False,
        # FastAPI's telemetry (since 0.165) would send URLs, searches and error texts.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.service = service
    if service:
        app.add_middleware(AuthenticationMiddleware, service=service)
        app.router.routes += make_docs_routes(build_openapi_document)
    app.add_middleware(CompressionMiddleware)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(OptionsMiddleware)
    return app


def mount_api(app: Starlette) -> Mount:
    """Mount ``app`` under ``/api``. Unlike in Starlette, paths may contain line breaks."""
    mount = Mount("/api", app=RequestLogMiddleware(app))
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def create_standalone_app(service: Service) -> Starlette:
    """Return the API without the portal. Its paths are the same as with the portal."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # Otherwise, the garbage collector stops the process for 70 ms every few seconds under load,
        # because it scans everything that was loaded at the start.
        gc.freeze()
        metrics.register_queue_collector(service)
        with graceful_shutdown.drain_on_sigterm(service.settings.drain_seconds):
            yield
        await service.close()
        telemetry.stop()

    return Starlette(
        routes=[mount_api(create_app(service))],
        middleware=[
            Middleware(SecurityHeadersMiddleware),
            Middleware(ApiCorsMiddleware),
            Middleware(PreflightMiddleware),
            Middleware(ResponseChunksMiddleware),
            Middleware(MetricsGuardMiddleware),
        ],
        exception_handlers={404: problem_responses.respond_not_found},
        lifespan=lifespan,
    )
