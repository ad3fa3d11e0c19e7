"""Cross-origin requests from browsers (CORS), with the servers of a portal and of the API alone."""

from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from issue_portal.models.vocabulary import Role
from tests.servers.installation import make_api_server, make_portal_server

ORIGIN = "https://tool.example"
OTHER_ORIGIN = "https://other.example"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization, content-type, if-match, idempotency-key"
    ", if-none-match, x-org, x-request-id",
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The origin of another web server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module", params=[make_api_server, make_portal_server], ids=["api", "portal"])
def server(request, tmp_path_factory, site):
    """A server that two origins may call."""
    data_dir = tmp_path_factory.mktemp("cors") / "data"
    settings = {"ISSUES_CORS_ORIGINS": f"{ORIGIN} {site}", "ISSUES_LIMIT_CREATE": "1/minute"}
    server = request.param(data_dir, **settings).start()
    yield server
    server.stop()


def test_preflight_needs_no_token(server):
    response = httpx.options(f"{server.url}/api/v1/app/issue/issue_1", headers=PREFLIGHT)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in response.headers
    refused = httpx.options(
        f"{server.url}/api/v1/app/issue", headers=PREFLIGHT | {"Origin": OTHER_ORIGIN}
    )
    assert refused.status_code == 400
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_every_response_can_be_read(server):
    token = server.create_api_token("Ann", Role.ADMIN)
    with httpx.Client(base_url=f"{server.url}/api", headers={"Origin": ORIGIN}) as client:
        report = {"resource_type": "Thread", "type": "Other", "anonymous": False}
        unauthenticated = [client.get("/v1/app/issue"), client.get("/nothing")]
        client.headers["Authorization"] = f"Bearer {token}"
        responses = [
            *unauthenticated,
            client.post("/v1/app/issue", json=report),
            client.post("/v1/app/issue", json=report),
            client.post("/v1/app/issue", json=report | {"description": "x" * 300_000}),
            client.get("/v1/app/issue"),
            client.head("/v1/app/issue"),
            client.delete("/v1/app/issue"),
            client.get("/openapi.json"),
        ]
    statuses = [response.status_code for response in responses]
    assert statuses == [401, 404, 201, 429, 413, 200, 200, 405, 200]
    for response in responses:
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in response.headers["Vary"]
        exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "Link", "Location", "RateLimit", "Retry-After", "X-Request-ID"} <= {
            *exposed
        }


def test_caches_keep_the_responses_to_origins_apart(server):
    plain = httpx.get(f"{server.url}/api/docs/start.js")
    assert "Origin" in plain.headers["Vary"]
    other = httpx.get(f"{server.url}/api/health", headers={"Origin": OTHER_ORIGIN})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_refused_requests_can_be_read(server):
    """The portal refuses excessive cookies before they reach the API."""
    headers = {"Origin": ORIGIN, "Cookie": "a=" + "x" * 40_000}
    response = httpx.get(f"{server.url}/api/health", headers=headers)
    assert response.status_code in (200, 431)
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_sessions_of_the_portal_stay_closed(tmp_path):
    portal = make_portal_server(tmp_path / "data", ISSUES_CORS_ORIGINS=ORIGIN).start()
    try:
        with pytest.raises(InvalidStatus):
            connect(
                f"ws://localhost:{portal.port}/_stcore/stream",
                subprotocols=["streamlit"],
                origin=ORIGIN,
            )
        for path in ("/", "/_stcore/health", "/_stcore/host-config", "/issues.csv"):
            response = httpx.get(portal.url + path, headers={"Origin": ORIGIN})
            assert response.headers.get("Access-Control-Allow-Origin") != ORIGIN, path
    finally:
        portal.stop()


CALL = """
async ([url, token]) => {
  const call = (method, path, headers, body) => fetch(url + "/api/v1/app" + path, {
    method, body: body && JSON.stringify(body),
    headers: {
      "Authorization": "Bearer " + token, "Content-Type": "application/json", ...headers,
    },
  });
  const created = await call("POST", "/issue", {"Idempotency-Key": crypto.randomUUID()}, {
    resource_type: "Thread", type: "Other", anonymous: false,
  });
  const issue = await created.json();
  const changed = await call("PATCH", "/issue/" + issue.id, {
    "If-Match": created.headers.get("ETag"),
  }, {is_read: true});
  const page = await call("GET", "/issue?page_size=1", {});
  const head = await call("HEAD", "/issue/" + issue.id, {});
  const missing = await call("GET", "/issue/issue_0000000000000000", {});
  return {
    statuses: [created, changed, page, head, missing].map((response) => response.status),
    location: created.headers.get("Location"),
    etags: [changed, head].map((response) => response.headers.get("ETag")),
    link: page.headers.get("Link"),
    rateLimit: page.headers.get("RateLimit"),
    code: (await missing.json()).code,
  };
}
"""


def test_page_of_an_allowed_origin_uses_the_api(chromium, server, site):
    token = server.create_api_token("Bea", Role.ADMIN)
    page = chromium.new_page()
    page.goto(site)
    answer = page.evaluate(CALL, [server.url, token])
    page.close()
    assert answer["statuses"] == [201, 200, 200, 200, 404]
    assert answer["location"].startswith("/api/v1/app/issue/issue_")
    changed, read = answer["etags"]
    assert changed == read
    assert changed.startswith('"')
    assert 'rel="first"' in answer["link"]
    assert answer["rateLimit"].startswith('"calls";r=')
    assert answer["code"] == "not_found"


def test_page_of_another_origin_is_refused(chromium, api_on, site):
    api = api_on("sqlite")
    page = chromium.new_page()
    page.goto(site)
    failed = page.evaluate(f"(given) => ({CALL})(given).catch(String)", [api.url, api.token("Cy")])
    page.close()
    assert failed.startswith("TypeError")
