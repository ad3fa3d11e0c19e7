"""Liveness, readiness and metrics, for supervisors and proxies."""

import logging
import time
from typing import Final

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from issue_portal import __version__
from issue_portal.asgi import graceful_shutdown
from issue_portal.core.problems import ProblemError
from issue_portal.core.settings import get_settings
from issue_portal.server.http import openapi_examples, response_models
from issue_portal.server.http.call import ApiResponse
from issue_portal.server.http.openapi import describe_responses, get_operation_id
from issue_portal.server.services.serializers import JsonObject
from issue_portal.server.services.service import Service

router = APIRouter(tags=["Health"], generate_unique_id_function=get_operation_id)

_STARTED_AT: Final = time.monotonic()

log = logging.getLogger(__name__)


@router.get(
    "/health",
    summary="Check that the process is up",
    responses=describe_responses(
        response_models.Health, "The process is up.", example=openapi_examples.HEALTH
    ),
)
async def is_up(_: Request) -> ApiResponse:
    """Respond with 200 as long as the process runs."""
    uptime = int(time.monotonic() - _STARTED_AT)
    commit = get_settings().commit or None
    return _make_response(
        {"status": "ok", "uptime": uptime, "version": __version__, "commit": commit}
    )


@router.get(
    "/ready",
    summary="Check that the API can serve requests",
    responses=describe_responses(
        response_models.Readiness,
        "The API can serve requests.",
        503,
        example=openapi_examples.READINESS,
    ),
)
def is_ready(request: Request) -> ApiResponse:
    """Respond with 200 if the database accepts writes, the disk has space and the process is not
    about to stop.
    """
    service: Service | None = request.app.state.service
    if graceful_shutdown.is_stopping():
        raise ProblemError(503, "This process is about to stop.", headers={"Retry-After": "2"})
    if service and not service.database.is_ready():
        raise ProblemError(503, "The database does not answer.", headers={"Retry-After": "2"})
    if service and (reason := service.write_probe.find_error()):
        log.error("cannot write to the data directory: %s", reason)
        raise ProblemError(503, "Nothing can be written to the disk.", headers={"Retry-After": "2"})
    return _make_response({"status": "ready"})


def _make_response(content: JsonObject) -> ApiResponse:
    return ApiResponse(content, headers={"Cache-Control": "no-store"})


@router.get("/metrics", include_in_schema=False)
def metrics(_: Request) -> Response:
    """Return the metrics in Prometheus' text format; `MetricsGuardMiddleware` limits access."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
