"""Sentry and OpenTelemetry: enough to find a fault, without the text of a report."""

import gzip
import json
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from issue_portal.core import telemetry
from issue_portal.models.vocabulary import REQUEST_ID
from tests.api.conftest import Caller
from tests.servers.installation import api_server
from tests.servers.processes import ROOT, environment
from tests.servers.script import serving

WORDS = "the budget of Project Bluebird"


# As tools do that instrument a program from outside: FastAPI would join in and send much more.
INSTRUMENTED = """
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
def sink():
    with serving((200, {}, {})) as script:
        yield script


def settings(sink):
    return {
        "ISSUES_SENTRY_DSN": sink.url.replace("://", "://key@") + "/1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
    }


def received(sink, path):
    """Return headers and unpacked bodies of the requests to ``path`` as one text."""
    texts = []
    for _, at, headers, body in sink.requests:
        if at == path:
            packed = headers.get("Content-Encoding") == "gzip"
            content = gzip.decompress(body) if packed else body
            texts.append(f"{headers} {content.decode('latin-1')}")
    assert texts, [request[1] for request in sink.requests]
    return "\n".join(texts)


def test_errors_and_traces_contain_no_report_text(sink, tmp_path):
    server = api_server(tmp_path / "data", **settings(sink))
    server.command = [sys.executable, "-c", INSTRUMENTED, "serve", "--port", str(server.port)]
    server.start()
    token = server.lasting_token("Ann")
    caller = Caller(server.url, token)
    report = caller.report(WORDS)
    response = caller("GET", "/issue", params={"filter_by_text": "Bluebird"})
    with sqlite3.connect(server.data_dir / "issues.db") as database:
        database.execute("DROP TABLE history")
    body = {"description": WORDS, "resource_type": "Thread", "type": "Other", "anonymous": True}
    failed = caller("POST", "/issue", json=body)
    assert failed.status_code == 503
    server.stop()

    assert {request[1] for request in sink.requests} == {"/api/1/envelope/", "/v1/traces"}
    errors, traces = received(sink, "/api/1/envelope/"), received(sink, "/v1/traces")
    assert "database: %s" in errors
    assert failed.headers[REQUEST_ID] in errors
    for route in ("POST /v1/app/issue", "GET /v1/app/issue"):
        assert route in traces
    assert bytes.fromhex(response.headers[REQUEST_ID]).decode("latin-1") in traces
    user_agent = caller.http.headers["user-agent"]
    for said in (
        "Bluebird",
        "budget",
        token,
        "ann@",
        report["id"],
        "localhost",
        "url.",
        user_agent,
    ):
        assert said not in errors
        assert said not in traces


def test_exceptions_are_sent_without_their_message(sink, tmp_path):
    program = f"""
import logging
from issue_portal.core import telemetry
from issue_portal.core.settings import get_settings

telemetry.start(get_settings())

def fails(words):
    raise ValueError(words)

for name in ("issue_portal.somewhere", "elsewhere"):
    try:
        fails("{WORDS}")
    except ValueError as error:
        logging.getLogger(name).exception(f"{{error}}" if name == "elsewhere" else "it failed")
logging.getLogger("issue_portal.somewhere").warning("no error: {WORDS}")
telemetry.stop()
"""
    env = environment(tmp_path, **settings(sink))
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, check=True, timeout=60)
    sent = received(sink, "/api/1/envelope/")
    assert "Bluebird" not in sent
    lines = [json.loads(line) for line in sent.splitlines() if line.startswith('{"')]
    events = [line for line in lines if "exception" in line]
    assert [event["logger"] for event in events] == ["issue_portal.somewhere", "elsewhere"]
    assert events[0]["logentry"] == {"message": "it failed"}
    (exception,) = events[0]["exception"]["values"]
    assert exception["type"] == "ValueError"
    assert exception["stacktrace"]["frames"][-1]["function"] == "fails"


def test_stop_does_not_wait_for_unresponsive_collectors(monkeypatch):
    """Regression: with an unresponsive collector it took 45 seconds; a container allows ten."""
    over = threading.Event()
    monkeypatch.setattr(telemetry, "_flushers", [over.wait, over.wait])
    monkeypatch.setattr(telemetry, "_FLUSH_SECONDS", 0.1)
    begun = time.monotonic()
    telemetry.stop()
    assert time.monotonic() - begun < 10
    assert not over.is_set()
    over.set()


@pytest.mark.parametrize("package", ["sentry_sdk", "opentelemetry.sdk"])
def test_missing_package_is_reported_in_one_line(sink, tmp_path, package):
    program = f"""
import sys
sys.modules["{package}"] = None
from issue_portal.cli.main import main
sys.argv = ["issue-portal", "serve"]
main()
"""
    env = environment(tmp_path, **settings(sink))
    if package == "opentelemetry.sdk":
        del env["ISSUES_SENTRY_DSN"]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert package in done.stderr
    assert "locks/telemetry.txt" in done.stderr
