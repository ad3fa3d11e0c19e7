"""The parts that the servers with other variants of the API share: strict models and errors."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, StrictBool
from starlette.exceptions import HTTPException as StarletteHTTPException

from tests.servers.api_options import ApiOptions
from tests.servers.call_log import CallLogMiddleware
from tests.servers.slow_proxy import SlowProxyMiddleware

Type = Literal["NoAnswer", "Inaccurate", "NoContextUsed", "Format", "Other"]

InvalidFields = Sequence[Mapping[str, Any]]
"""Invalid fields of a request, each with ``loc`` and ``msg``."""


class NoExtrasModel(BaseModel):
    """Base of requests: unknown fields and parameters are errors."""

    model_config = ConfigDict(extra="forbid")


class NewIssue(NoExtrasModel):
    """The fields of a new issue that both variants require."""

    resource_type: Literal["Thread"]
    type: Type
    anonymous: StrictBool


def format_now() -> str:
    """Return the time in UTC, in whole seconds."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def make_app(
    options: ApiOptions, render_error: Callable[[int, str, InvalidFields], object]
) -> FastAPI:
    """Make a server that sends ``render_error(status, text, invalid fields)`` as JSON."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(SlowProxyMiddleware, options=options)
    app.add_middleware(CallLogMiddleware)

    def make_response(
        status: int,
        text: str,
        fields: InvalidFields = (),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        if options.plain_text_errors:
            return PlainTextResponse(text, status, headers)
        return JSONResponse(render_error(status, text, fields), status, headers)

    @app.exception_handler(StarletteHTTPException)
    async def report_error(_: Request, error: StarletteHTTPException) -> Response:
        return make_response(error.status_code, error.detail, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def report_invalid_request(_: Request, error: RequestValidationError) -> Response:
        fields = [{"loc": item["loc"], "msg": item["msg"]} for item in error.errors()]
        return make_response(400, _describe(error.errors()[0]), fields)

    return app


def _describe(error: Mapping[str, Any]) -> str:
    """Return the text for an error of pydantic, such as "project_id is required"."""
    if error["type"] == "json_invalid":
        return "the body is not JSON"
    field = ".".join(part for part in error["loc"][1:] if isinstance(part, str)) or "the body"
    if field == "state":
        return "invalid issue state"
    reasons = {"missing": "is required", "extra_forbidden": "is not allowed"}
    return f"{field} {reasons.get(error['type'], 'is invalid')}"
