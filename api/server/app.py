"""The API as an ASGI application: `create_app` to mount under ``/api``, `standalone` by itself."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from api import telemetry
from api.server import error_handlers, health, metrics, routes, stopping
from api.server.answer_headers import AnswerHeaders
from api.server.metrics import MetricsGuard
from api.server.openapi import DescribedApp
from api.server.request_log import RequestLog
from api.server.security_headers import SecurityHeaders
from api.server.service import Service

DESCRIPTION = """
Report problems with the answers or the content of an AI assistant, follow them and review them.

Every call under `/v1/app` needs a token: `Authorization: Bearer <token>`. An operator makes one
with `python -m api token create --email you@example.com --role AppAdmin`. Every error is a
problem document (RFC 9457). A request may name its organisation (slug or id) in the header `x-org`:
another one than the token's is a 404.
"""


# Swagger UI from our own host, started by a file: the security policy allows no inline script.
DOCS_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Issues API</title>
<link rel="icon" href="docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
<div id="docs"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
"""
DOCS_SCRIPT = 'SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true });'


def create_app(service: Service | None) -> FastAPI:
    """The API, to be mounted under ``/api``; without a service, only how this process is."""
    app = DescribedApp(
        title="Issues API",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        # FastAPI's own (since 0.165) would send addresses, searches and the texts of errors.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.service = service
    error_handlers.install(app, [*routes.router.routes, *health.router.routes])
    app.add_middleware(AnswerHeaders)
    app.include_router(health.router)
    if service is None:
        return app
    app.include_router(routes.router)
    app.mount("/docs/assets", StaticFiles(packages=[("swagger_ui", "static")]))

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(DOCS_PAGE)

    @app.get("/docs/start.js", include_in_schema=False)
    async def start_docs() -> Response:
        return Response(DOCS_SCRIPT, media_type="text/javascript")

    return app


def mounted(app: FastAPI) -> Mount:
    """``app`` under ``/api``, and every address below it: Starlette's dot excludes line breaks."""
    mount = Mount("/api", app=RequestLog(app))
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def standalone(service: Service) -> Starlette:
    """The API alone, at the same addresses as beside the portal."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        metrics.watch_queue(service)
        with stopping.announced(service.settings.drain_seconds):
            yield
        service.close()
        telemetry.stop()

    return Starlette(
        routes=[mounted(create_app(service))],
        middleware=[Middleware(SecurityHeaders), Middleware(MetricsGuard)],
        exception_handlers={404: error_handlers.no_such_address},
        lifespan=lifespan,
    )
