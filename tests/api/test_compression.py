"""Large responses are compressed if the client accepts gzip."""

import gzip
import uuid

import httpx
import pytest

from tests.api.conftest import ApiCaller


def fetch(caller: ApiCaller, path: str, accepted: str = "gzip", **request) -> httpx.Response:
    """Return the response, whose ``content`` stays compressed."""
    method = request.pop("method", "GET")
    headers = {"Accept-Encoding": accepted}
    with caller.http.stream(method, path, headers=headers, **request) as response:
        response._content = b"".join(response.iter_raw())
    return response


@pytest.fixture
def long_list(member) -> str:
    """Path of a list with several long reports."""
    word = uuid.uuid4().hex
    for number in range(5):
        member.report(f"{number} {word} " * 50)
    return f"/issue?filter_by_text={word}"


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "deflate, gzip"])
def test_long_list_is_compressed(member, long_list, accepted):
    plain, compressed = fetch(member, long_list, "identity"), fetch(member, long_list, accepted)
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert int(compressed.headers["Content-Length"]) == len(compressed.content)
    assert len(compressed.content) < len(plain.content) / 3
    assert gzip.decompress(compressed.content) == plain.content
    for response in (plain, compressed):
        assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["", "br", "identity, gzip;q=0", "gzip; q=0.0"])
def test_clients_that_do_not_accept_gzip_get_none(member, long_list, accepted):
    response = fetch(member, long_list, accepted)
    assert "Content-Encoding" not in response.headers
    assert len(response.json()["data"]) == 5


def test_head_has_the_headers_of_a_compressed_get(member, long_list):
    get, head = fetch(member, long_list), fetch(member, long_list, method="HEAD")
    assert head.content == b""
    for name in ("Content-Encoding", "Content-Length", "Vary", "Link"):
        assert head.headers[name] == get.headers[name]


def test_single_issues_are_not_compressed(member):
    """Its strong `ETag` names the bytes of the response, with and without gzip."""
    issue = member.report("long " * 1_000)
    response = fetch(member, f"/issue/{issue['id']}")
    assert "ETag" in response.headers
    assert "Content-Encoding" not in response.headers


def test_responses_with_a_receipt_are_not_compressed(member):
    """The length of a compressed response depends on the secret in it."""
    report = {
        "description": "long " * 1_000,
        "resource_type": "Thread",
        "type": "Other",
        "anonymous": True,
    }
    created = fetch(member, "/issue", method="POST", json=report)
    receipt = created.json()["receipt"]
    looked_up = fetch(member, "/issue/receipt", method="POST", json={"receipt": receipt})
    assert len(looked_up.content) > 5_000
    for response in (created, looked_up):
        assert "Content-Encoding" not in response.headers


def test_short_responses_are_not_compressed(member):
    assert "Content-Encoding" not in fetch(member, "/me").headers


@pytest.mark.parametrize("path", ["openapi.json", "docs/assets/swagger-ui.css"])
def test_documentation_is_compressed(api, path):
    url = f"{api.url}/api/{path}"
    compressed = httpx.get(url, headers={"Accept-Encoding": "gzip"})
    refused = httpx.get(url, headers={"Accept-Encoding": "gzip;q=0"})
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in refused.headers
    assert compressed.text == refused.text
    assert compressed.headers["Vary"] == refused.headers["Vary"] == "Accept-Encoding"


def test_portal_compresses_the_same_responses(portal):
    """Streamlit, too, compresses responses, but knows neither secrets nor tags."""
    member = ApiCaller(portal.url, portal.token("Gil"))
    issue = member.report("long " * 1_000)
    report = {"resource_type": "Thread", "type": "Other", "description": "long " * 1_000}
    created = fetch(member, "/issue", method="POST", json=report | {"anonymous": True})
    looked_up = fetch(
        member, "/issue/receipt", method="POST", json={"receipt": created.json()["receipt"]}
    )
    single = fetch(member, f"/issue/{issue['id']}")
    refused = fetch(member, "/issue", "gzip;q=0")
    for response in (created, looked_up, single, refused):
        assert len(response.content) > 5_000
        assert "Content-Encoding" not in response.headers
    compressed = fetch(member, "/issue")
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert compressed.headers["Vary"] == refused.headers["Vary"] == "Accept-Encoding"


READ = """
async ([path, token]) => {
  const call = (method) => fetch("/api/v1/app" + path, {
    method, headers: {"Authorization": "Bearer " + token},
  });
  const [get, head, options] = [await call("GET"), await call("HEAD"), await call("OPTIONS")];
  return {
    statuses: [get, head, options].map((response) => response.status),
    encodings: [get, head].map((response) => response.headers.get("Content-Encoding")),
    count: (await get.json()).data.length,
    rest: (await head.text()) + (await options.text()),
    allow: options.headers.get("Allow"),
  };
}
"""


def test_browser_reads_a_compressed_list(chromium, member, long_list):
    page = chromium.new_page()
    page.goto(f"{member.http.base_url}".partition("/v1")[0] + "/docs")
    token = member.http.headers["Authorization"].removeprefix("Bearer ")
    answer = page.evaluate(READ, [long_list, token])
    page.close()
    assert answer["statuses"] == [200, 200, 204]
    assert answer["encodings"] == ["gzip", "gzip"]
    assert (answer["count"], answer["rest"]) == (5, "")
    assert answer["allow"].split(", ") == ["GET", "HEAD", "OPTIONS", "POST"]
