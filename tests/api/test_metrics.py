"""Prometheus metrics: what they count, their privacy, and who may read them."""

from types import SimpleNamespace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from issue_portal.models.vocabulary import Role
from issue_portal.server.db.database import Database
from issue_portal.server.http.metrics import QueueCollector
from tests.api.conftest import Caller
from tests.servers.installation import api_server
from tests.waiting import wait_until

TOKEN = "a-token-for-prometheus"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    server = api_server(tmp_path_factory.mktemp("guarded") / "data", ISSUES_METRICS_TOKEN=TOKEN)
    yield server.start()
    server.stop()


def scraped(url, headers=None):
    """Return the text of the metrics, and the samples by name and labels."""
    answer = httpx.get(f"{url}/api/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    samples = [sample for family in families for sample in family.samples]
    return answer.text, {
        (sample.name, *sorted(sample.labels.values())): sample for sample in samples
    }


def test_requests_are_counted_by_route_and_the_queue_by_state(guarded):
    named, anonymous = Caller(guarded.url, guarded.token("Ann")), guarded.guest_token()
    report = named.report("A first one")
    Caller(guarded.url, anonymous).report("A second one", anonymous=True)
    named("GET", f"/issue/{report['id']}")
    named("GET", "/issue/issue_0000000000000000")
    named("PROPFIND", "/issue")
    reviewer = Caller(guarded.url, guarded.token("Rob", Role.ADMIN))
    reviewer("PUT", f"/issue/{report['id']}", json={"state": "InReview"})

    def count(method, route, status):
        name = ("issue_portal_request_seconds_count", *sorted((method, route, status)))
        return samples[name].value if name in samples else 0

    one = "/v1/app/issue/{issue_id}"

    def scrape_whole():
        nonlocal text, samples
        text, samples = scraped(guarded.url, AUTHORIZATION)
        return count("PUT", one, "2xx")

    text, samples = "", {}
    wait_until(scrape_whole)  # A request is counted right after its answer.
    assert count("POST", "/v1/app/issue", "2xx") == 2
    assert (count("GET", one, "2xx"), count("GET", one, "4xx")) == (1, 1)
    assert count("other", "/v1/app/issue", "4xx") == 1
    assert samples["issue_portal_database_up",].value == 1
    assert samples["issue_portal_queue", "NotReviewed"].value == 1
    assert samples["issue_portal_queue", "InReview"].value == 1
    labels = {
        name
        for sample in samples.values()
        if sample.name.startswith("issue_portal")
        for name in sample.labels
    }
    assert labels == {"method", "route", "status", "le", "state"}
    for said in (report["id"], "ann@", "Ann", "nonymous", "visitor"):
        assert said not in text


def test_metrics_require_the_token_if_one_is_set(guarded):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        answer = httpx.get(f"{guarded.url}/api/metrics", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/api/metrics", "/_stcore/metrics"])
def test_metrics_without_a_token_are_for_localhost_only(portal, path):
    assert httpx.get(portal.url + path).status_code == 200
    for header in ("X-Forwarded-For", "Forwarded"):
        answer = httpx.get(portal.url + path, headers={header: "for=127.0.0.1"})
        assert answer.status_code == 403
        assert "ISSUES_METRICS_TOKEN" in answer.json()["detail"]
        odd = httpx.get(f"{portal.url}{path}%0A", headers={header: "for=127.0.0.1"})
        assert odd.status_code in (403, 404)


def test_portal_counts_connected_tabs(portal):
    def connected():
        return scraped(portal.url)[1]["issue_portal_sessions",].value

    wait_until(lambda: not connected())  # The tabs of earlier tests are still closing.
    stream = f"ws://localhost:{portal.port}/_stcore/stream"
    with connect(stream, subprotocols=["streamlit"]), connect(stream, subprotocols=["streamlit"]):
        assert connected() == 2
    assert ("issue_portal_queue", "NotReviewed") in scraped(portal.url)[1]


def test_metrics_work_without_a_database():
    gone = SimpleNamespace(org_id="org_1", database=Database("postgresql://127.0.0.1:9/nothing"))
    families = list(QueueCollector(gone).collect())
    assert [(f.name, f.samples[0].value) for f in families] == [("issue_portal_database_up", 0)]
