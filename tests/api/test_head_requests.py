"""HEAD, OPTIONS, and the headers of every answer in JSON."""

import httpx
import pytest

from tests.api.problem_documents import assert_problem

PATHS = ["/issue", "/issue/stats", "/issue/{id}", "/issue/{id}/history", "/me", "/user", "/project"]


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_headers_of_get(reviewer, path):
    address = path.format(id=reviewer.report()["id"])
    get, head = reviewer("GET", address), reviewer("HEAD", address)
    assert (head.status_code, head.content) == (200, b"")
    ignored = {"date", "x-request-id"}
    for response in (get, head):
        for name in ignored:
            response.headers.pop(name, None)
    assert head.headers == get.headers


@pytest.mark.parametrize("path", ["/api/health", "/api/ready", "/api/openapi.json"])
def test_head_needs_no_token_outside_the_calls(api, path):
    response = httpx.head(f"{api.url}{path}")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["cache-control"] == "no-store"


def test_errors_of_head_have_no_body(reviewer, unauthenticated):
    missing = reviewer("HEAD", "/issue/issue_0000000000000000")
    assert (missing.status_code, missing.content) == (404, b"")
    assert unauthenticated("HEAD", "/issue").status_code == 401
    assert reviewer("HEAD", "/issue/bulk").status_code in (404, 405)


def test_allowed_methods_include_head(reviewer):
    response = reviewer("DELETE", "/issue")
    assert_problem(response, 405)
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/app/issue", "GET, HEAD, OPTIONS, POST"),
        ("/v1/app/issue/stats", "GET, HEAD, OPTIONS"),
        ("/v1/app/issue/bulk", "OPTIONS, POST"),
        ("/v1/app/issue/issue_0000000000000000", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("/v1/app/project/any", "OPTIONS, PUT"),
        ("/health", "GET, HEAD, OPTIONS"),
        ("/docs", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_lists_the_methods_without_a_token(api, path, methods):
    response = httpx.options(f"{api.url}/api{path}")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == methods
    assert "content-length" not in response.headers


def test_options_of_an_unknown_url_is_a_404(api):
    assert_problem(httpx.options(f"{api.url}/api/nothing"), 404)


def test_refused_method_of_the_documentation_lists_the_methods(api):
    response = httpx.post(f"{api.url}/api/docs")
    assert_problem(response, 405)
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


def test_no_answer_may_be_stored(reviewer):
    body = {"resource_type": "Thread", "type": "Other", "anonymous": False}
    created = reviewer("POST", "/issue", json=body)
    path = f"/issue/{created.json()['id']}"
    answers = [
        created,
        reviewer("GET", path),
        reviewer("GET", "/issue"),
        reviewer("PUT", path, json={"is_read": True}),
        reviewer("DELETE", path),
        reviewer("GET", path),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 204, 404]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
