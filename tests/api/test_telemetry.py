"""Sentry and OpenTelemetry receive errors and traces without personal data or report texts."""

import gzip
import json
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from issue_portal.core import telemetry
from issue_portal.models.vocabulary import REQUEST_ID_HEADER
from tests.api.conftest import ApiCaller
from tests.servers.installation import make_api_server
from tests.servers.processes import ROOT, make_environment
from tests.servers.scripted_server import serving

REPORT_TEXT = "the budget of Project Bluebird"


# Starts the server with a tracer provider, as auto-instrumentation does. FastAPI sends spans of its
# own to the provider if the application does not disable them.
INSTRUMENTED_SERVER = """
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)

from issue_portal.cli.main import main
main()
"""


@pytest.fixture
def collector():
    """A server that receives what Sentry and OpenTelemetry send."""
    with serving((200, {}, {})) as server:
        yield server


def settings(collector):
    """Return settings that send errors and traces to the collector."""
    return {
        "ISSUES_SENTRY_DSN": collector.url.replace("://", "://key@") + "/1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
    }


def read_requests(collector, path):
    """Return headers and decompressed bodies of the requests to ``path``, as one text."""
    texts = []
    for _, request_path, headers, body in collector.requests:
        if request_path == path:
            is_compressed = headers.get("Content-Encoding") == "gzip"
            content = gzip.decompress(body) if is_compressed else body
            texts.append(f"{headers} {content.decode('latin-1')}")
    assert texts, [request[1] for request in collector.requests]
    return "\n".join(texts)


def test_errors_and_traces_contain_no_personal_data_or_report_text(collector, tmp_path):
    server = make_api_server(tmp_path / "data", **settings(collector))
    server.command = [
        sys.executable,
        "-c",
        INSTRUMENTED_SERVER,
        "serve",
        "--port",
        str(server.port),
    ]
    server.start()
    token = server.create_api_token("Ann")
    caller = ApiCaller(server.url, token)
    report = caller.report(REPORT_TEXT)
    response = caller("GET", "/issue", params={"filter_by_text": "Bluebird"})
    with sqlite3.connect(server.data_dir / "issues.db") as database:
        database.execute("DROP TABLE history")
    body = {
        "description": REPORT_TEXT,
        "resource_type": "Thread",
        "type": "Other",
        "anonymous": True,
    }
    failed = caller("POST", "/issue", json=body)
    assert failed.status_code == 503
    server.stop()

    assert {request[1] for request in collector.requests} == {"/api/1/envelope/", "/v1/traces"}
    errors, traces = (
        read_requests(collector, "/api/1/envelope/"),
        read_requests(collector, "/v1/traces"),
    )
    assert "database: %s" in errors
    assert failed.headers[REQUEST_ID_HEADER] in errors
    for route in ("POST /v1/app/issue", "GET /v1/app/issue"):
        assert route in traces
    assert bytes.fromhex(response.headers[REQUEST_ID_HEADER]).decode("latin-1") in traces
    user_agent = caller.http.headers["user-agent"]
    for private_text in (
        "Bluebird",
        "budget",
        token,
        "ann@",
        report["id"],
        "localhost",
        "url.",
        user_agent,
    ):
        assert private_text not in errors
        assert private_text not in traces


def test_exceptions_are_sent_without_their_message(collector, tmp_path):
    program = f"""
import logging
from issue_portal.core import telemetry
from issue_portal.core.settings import get_settings

telemetry.start(get_settings())

def fails(words):
    raise ValueError(words)

for name in ("issue_portal.somewhere", "elsewhere"):
    try:
        fails("{REPORT_TEXT}")
    except ValueError as error:
        logging.getLogger(name).exception(f"{{error}}" if name == "elsewhere" else "it failed")
logging.getLogger("issue_portal.somewhere").warning("no error: {REPORT_TEXT}")
telemetry.stop()
"""
    env = make_environment(tmp_path, **settings(collector))
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, check=True, timeout=60)
    envelopes = read_requests(collector, "/api/1/envelope/")
    assert "Bluebird" not in envelopes
    lines = [json.loads(line) for line in envelopes.splitlines() if line.startswith('{"')]
    events = [line for line in lines if "exception" in line]
    assert [event["logger"] for event in events] == ["issue_portal.somewhere", "elsewhere"]
    assert events[0]["logentry"] == {"message": "it failed"}
    (exception,) = events[0]["exception"]["values"]
    assert exception["type"] == "ValueError"
    assert exception["stacktrace"]["frames"][-1]["function"] == "fails"


def test_stop_does_not_wait_for_unresponsive_collectors(monkeypatch):
    """Regression: the stop took 45 seconds. Docker kills a container after 10 seconds."""
    response_arrived = threading.Event()
    monkeypatch.setattr(telemetry, "_flushers", [response_arrived.wait, response_arrived.wait])
    monkeypatch.setattr(telemetry, "_FLUSH_SECONDS", 0.1)
    start = time.monotonic()
    telemetry.stop()
    assert time.monotonic() - start < 10
    assert not response_arrived.is_set()
    response_arrived.set()


@pytest.mark.parametrize("package", ["sentry_sdk", "opentelemetry.sdk"])
def test_missing_package_is_reported_in_one_line(collector, tmp_path, package):
    program = f"""
import sys
sys.modules["{package}"] = None
from issue_portal.cli.main import main
sys.argv = ["issue-portal", "serve"]
main()
"""
    env = make_environment(tmp_path, **settings(collector))
    if package == "opentelemetry.sdk":
        del env["ISSUES_SENTRY_DSN"]
    process = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 1
    assert len(process.stderr.strip().splitlines()) == 1
    assert package in process.stderr
    assert "locks/telemetry.txt" in process.stderr
