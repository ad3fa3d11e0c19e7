"""The API's documentation: Swagger UI and the OpenAPI document, built and compressed once.

Compressing them takes up to a third of a second, during which nothing else runs.
"""

import gzip
from collections.abc import Callable
from functools import cached_property, partial
from importlib.resources import files
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from issue_portal.server.http.compression import accepts_gzip

_PAGE: Final = b"""<!doctype html>
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
# A separate file, because the Content-Security-Policy allows no inline scripts.
_SCRIPT: Final = b'SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true });'
_ASSETS: Final = {
    "favicon-32x32.png": "image/png",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
_COMPRESSION_LEVEL: Final = 5


class _StaticDocument:
    """A response that never changes, built at the first request."""

    def __init__(self, media_type: str, make: Callable[[], bytes]) -> None:
        self._media_type = media_type
        self._make = make
        self._headers = {"Vary": "Accept-Encoding"}
        if media_type == "application/json":
            self._headers["Cache-Control"] = "no-store"

    @cached_property
    def _plain(self) -> bytes:
        return self._make()

    @cached_property
    def _compressed(self) -> bytes:
        return gzip.compress(self._plain, _COMPRESSION_LEVEL)

    async def respond(self, request: Request) -> Response:
        """Return the document, compressed if the client accepts gzip."""
        if accepts_gzip(request.headers):
            headers = self._headers | {"Content-Encoding": "gzip"}
            return Response(self._compressed, headers=headers, media_type=self._media_type)
        headers = self._headers
        return Response(self._plain, headers=headers, media_type=self._media_type)


def _read_asset(name: str) -> bytes:
    # Finding the folder imports the package and Jinja, which takes 12 ms.
    return (files("swagger_ui") / "static" / name).read_bytes()


def make_docs_routes(build_openapi: Callable[[], object]) -> list[Route]:
    """Return the routes of the documentation; ``build_openapi`` builds the OpenAPI document."""
    documents = {
        "/openapi.json": _StaticDocument("application/json", lambda: orjson.dumps(build_openapi())),
        "/docs": _StaticDocument("text/html", lambda: _PAGE),
        "/docs/start.js": _StaticDocument("text/javascript", lambda: _SCRIPT),
    }
    for name, media_type in _ASSETS.items():
        documents[f"/docs/assets/{name}"] = _StaticDocument(media_type, partial(_read_asset, name))
    return [Route(path, static_document.respond) for path, static_document in documents.items()]
