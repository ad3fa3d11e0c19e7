"""Prometheus metrics: counts, privacy and access."""

from types import SimpleNamespace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from issue_portal.models.vocabulary import Role
from issue_portal.server.db.database import Database
from issue_portal.server.http.metrics import QueueCollector
from tests.api.conftest import ApiCaller
from tests.servers.installation import make_api_server
from tests.waiting import wait_until

TOKEN = "a-token-for-prometheus"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An API server that requires a token for metrics."""
    api = make_api_server(tmp_path_factory.mktemp("metrics") / "data", ISSUES_METRICS_TOKEN=TOKEN)
    yield api.start()
    api.stop()


def scrape(url, headers=None):
    """Return the text of the metrics, and its samples by name and label values."""
    response = httpx.get(f"{url}/api/metrics", headers=headers)
    assert response.status_code == 200, response.text
    families = text_string_to_metric_families(response.text)
    samples = [sample for family in families for sample in family.samples]
    return response.text, {
        (sample.name, *sorted(sample.labels.values())): sample for sample in samples
    }


def test_requests_are_counted_by_route_and_the_queue_by_state(server):
    member, visitor_token = ApiCaller(server.url, server.token("Ann")), server.visitor_token()
    report = member.report("A first one")
    ApiCaller(server.url, visitor_token).report("A second one", anonymous=True)
    member("GET", f"/issue/{report['id']}")
    member("GET", "/issue/issue_0000000000000000")
    member("PROPFIND", "/issue")
    reviewer = ApiCaller(server.url, server.token("Rob", Role.ADMIN))
    reviewer("PUT", f"/issue/{report['id']}", json={"state": "InReview"})

    def count(method, route, status):
        name = ("issue_portal_request_seconds_count", *sorted((method, route, status)))
        return samples[name].value if name in samples else 0

    issue_route = "/v1/app/issue/{issue_id}"

    def scrape_until_counted():
        nonlocal text, samples
        text, samples = scrape(server.url, AUTHORIZATION)
        return count("PUT", issue_route, "2xx")

    text, samples = "", {}
    wait_until(scrape_until_counted)  # The server counts a request after its response.
    assert count("POST", "/v1/app/issue", "2xx") == 2
    assert (count("GET", issue_route, "2xx"), count("GET", issue_route, "4xx")) == (1, 1)
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
    for private_text in (report["id"], "ann@", "Ann", "nonymous", "visitor"):
        assert private_text not in text


def test_metrics_require_the_token_if_one_is_set(server):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        response = httpx.get(f"{server.url}/api/metrics", headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/api/metrics", "/_stcore/metrics"])
def test_metrics_without_a_token_are_for_localhost_only(portal, path):
    assert httpx.get(portal.url + path).status_code == 200
    for header in ("X-Forwarded-For", "Forwarded"):
        response = httpx.get(portal.url + path, headers={header: "for=127.0.0.1"})
        assert response.status_code == 403
        assert "ISSUES_METRICS_TOKEN" in response.json()["detail"]
        response = httpx.get(f"{portal.url}{path}%0A", headers={header: "for=127.0.0.1"})
        assert response.status_code in (403, 404)


def test_portal_counts_open_sessions(portal):
    def count_sessions():
        return scrape(portal.url)[1]["issue_portal_sessions",].value

    wait_until(lambda: not count_sessions())  # Tabs of earlier tests may still be closing.
    stream = f"ws://localhost:{portal.port}/_stcore/stream"
    with connect(stream, subprotocols=["streamlit"]), connect(stream, subprotocols=["streamlit"]):
        assert count_sessions() == 2
    assert ("issue_portal_queue", "NotReviewed") in scrape(portal.url)[1]


def test_metrics_report_that_the_database_is_down():
    service = SimpleNamespace(org_id="org_1", database=Database("postgresql://127.0.0.1:9/nothing"))
    families = list(QueueCollector(service).collect())
    assert [(f.name, f.samples[0].value) for f in families] == [("issue_portal_database_up", 0)]
