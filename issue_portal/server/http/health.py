"""Whether this process is up and can serve, and its numbers: for supervisors and proxies."""

import logging

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from issue_portal.asgi import graceful_shutdown
from issue_portal.core.problems import ProblemError
from issue_portal.server.http import response_models
from issue_portal.server.http.dispatch import ApiResponse
from issue_portal.server.http.openapi import describe_problem
from issue_portal.server.services.service import Service

router = APIRouter(tags=["Health"])

log = logging.getLogger(__name__)


@router.get("/health", summary="Is the process up?", response_model=response_models.Health)
async def is_up(_: Request) -> ApiResponse:
    """Answers as long as the process runs."""
    return ApiResponse({"status": "ok"})


@router.get(
    "/ready",
    summary="Can it serve?",
    response_model=response_models.Readiness,
    responses={503: describe_problem(503)},
)
def is_ready(request: Request) -> ApiResponse:
    """Answers 200 when the database is reachable, migrated and can be written to, there is room on
    the disk, and the process is not about to stop.
    """
    service: Service | None = request.app.state.service
    if graceful_shutdown.is_stopping():
        raise ProblemError(503, "This process is about to stop.", headers={"Retry-After": "2"})
    if service and not service.database.is_current():
        raise ProblemError(503, "The database does not answer.", headers={"Retry-After": "2"})
    if service and (reason := service.write_probe.find_error()):
        log.error("nothing can be written to the data directory: %s", reason)
        raise ProblemError(503, "Nothing can be written to the disk.", headers={"Retry-After": "2"})
    return ApiResponse({"status": "ready"})


@router.get("/metrics", include_in_schema=False)
def metrics(_: Request) -> Response:
    """The numbers in Prometheus' text form; `MetricsGuardMiddleware` decides who gets them."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
