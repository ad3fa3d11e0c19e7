"""Sends errors to Sentry and traces to an OpenTelemetry collector, if they are configured.

Errors and traces contain only fields of an allow list: no texts, headers, addresses or tokens.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from issue_portal.core import logging_setup
from issue_portal.core.settings import FatalError, Settings

SERVICE = "issue-portal"

_FLUSH_SECONDS = 2.0
"""Seconds to send pending data when the process stops."""

_FRAME_FIELDS = ("filename", "function", "module", "lineno", "in_app")
_EVENT_FIELDS = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment")

_EVENTS_A_MINUTE = 60
"""Maximum number of errors sent per minute. Without it, one error could use up Sentry's quota."""

_event_budget = logging_setup.MinuteBudget(_EVENTS_A_MINUTE)
_tracer: Any = None
_flushers: list[Callable[[], object]] = []


def start(settings: Settings) -> None:
    """Start Sentry and OpenTelemetry if configured. Raises `FatalError` if a package is missing."""
    try:
        if settings.sentry_dsn.get_secret_value():
            _start_sentry(settings.sentry_dsn.get_secret_value())
        if settings.otlp_endpoint:
            _start_traces(settings.otlp_endpoint)
    except ImportError as error:
        raise FatalError(
            f"The package {error.name} is missing. Install the packages that ISSUES_SENTRY_DSN"
            " and OTEL_EXPORTER_OTLP_ENDPOINT need: pip install -r locks/telemetry.txt"
        ) from error


def stop() -> None:
    """Send pending data, for `_FLUSH_SECONDS` at most."""
    # In threads: with a hanging collector, OpenTelemetry (1.45) exceeds its timeout by far.
    threads = [threading.Thread(target=flush, daemon=True) for flush in _flushers]
    for thread in threads:
        thread.start()
    until = time.monotonic() + _FLUSH_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


def trace(method: str, route: str, status: int, started: int) -> None:
    """Send a span of an API request that started at ``started`` (ns since 1970) and ends now."""
    if _tracer is None:
        return
    span = _tracer.start_span(f"{method} {route}", start_time=started)
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    span.end()


def _start_sentry(dsn: str) -> None:
    import sentry_sdk  # noqa: PLC0415 - optional
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415
    from sentry_sdk.utils import BadDsn  # noqa: PLC0415

    try:
        sentry_sdk.init(
            dsn,
            # The default integrations read requests. Send logged errors and nothing else.
            default_integrations=False,
            integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
            before_send=_strip_event,
            max_breadcrumbs=0,
            include_local_variables=False,
            include_source_context=False,
            send_default_pii=False,
            auto_session_tracking=False,
        )
    except BadDsn as error:
        raise FatalError("ISSUES_SENTRY_DSN is not the DSN of a Sentry project.") from error
    _flushers.append(lambda: sentry_sdk.flush(_FLUSH_SECONDS))


def _strip_event(event: Any, _hint: Any) -> Any:
    """Return only the parts of an event that show where in the code it occurred.

    Returns None, which drops the event, once this minute's budget is spent.
    """
    if not _event_budget.spend():
        return None
    stripped = {name: event[name] for name in _EVENT_FIELDS if name in event}
    if request_id := logging_setup.request_id.get():
        stripped["tags"] = {"request_id": request_id}
    # Send the template of a log message, without its values. Send no templates of other packages:
    # these can contain values.
    if (
        str(event.get("logger")).startswith(("issue_portal", "auth", "components", "web"))
        and "logentry" in event
    ):
        stripped["logentry"] = {"message": event["logentry"]["message"]}
    if "exception" in event:
        stripped["exception"] = {
            "values": [_strip_exception(item) for item in event["exception"]["values"]]
        }
    return stripped


def _strip_exception(exception: dict[str, Any]) -> dict[str, Any]:
    stack = (exception.get("stacktrace") or {}).get("frames", ())
    frames = [{name: frame[name] for name in _FRAME_FIELDS if name in frame} for frame in stack]
    fields = {name: exception.get(name) for name in ("type", "module")}
    return fields | ({"stacktrace": {"frames": frames}} if frames else {})


def _start_traces(endpoint: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - optional
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator  # noqa: PLC0415

    class RequestIdGenerator(RandomIdGenerator):
        """Uses the request id as the trace id, so that the id in a log line finds the trace."""

        def generate_trace_id(self) -> int:
            request_id = logging_setup.request_id.get()
            return int(request_id, 16) if request_id else super().generate_trace_id()

    global _tracer  # noqa: PLW0603 - one per process, like the log
    provider = TracerProvider(
        id_generator=RequestIdGenerator(),
        resource=Resource.create({SERVICE_NAME: SERVICE}),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer(SERVICE)
    _flushers.append(lambda: provider.force_flush(int(_FLUSH_SECONDS * 1000)))
