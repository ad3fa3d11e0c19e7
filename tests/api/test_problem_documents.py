"""Problem documents: the code of each error, and which errors name their request."""

import httpx
import pytest

from tests.api.problem_documents import assert_problem

REPORT = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
REFUSED_REQUESTS = [
    ("GET", "/issue?states=Lost", {}, 400, "invalid_parameter"),
    ("GET", "/issue?page=1&first=1", {}, 400, "invalid_parameter"),
    ("GET", "/issue?after=x", {}, 400, "invalid_parameter"),
    ("GET", "/issue/stats?timezone=Mars", {}, 400, "invalid_parameter"),
    ("PUT", "/issue/{id}", {"json": {"state": "Lost"}}, 400, "invalid_state"),
    ("PUT", "/issue/{id}", {"json": {"type": "Lost"}}, 400, "invalid_type"),
    ("POST", "/issue", {"json": REPORT | {"config": {}}}, 400, "invalid_config"),
    ("POST", "/issue", {"json": REPORT | {"description": ""}}, 400, "invalid_body"),
    ("PUT", "/issue/{id}", {"content": "{"}, 400, "invalid_body"),
    ("PUT", "/issue/{id}", {"content": '{"type":"x","type":"y"}'}, 400, "invalid_body"),
    ("GET", "/issue/issue_0000000000000000", {}, 404, "not_found"),
    ("GET", "/nothing", {}, 404, "not_found"),
    ("POST", "/me", {}, 405, "method_not_allowed"),
    ("GET", "/issue?numbers=1_0", {}, 400, "invalid_parameter"),
    ("GET", "/issue?page=1.0", {}, 400, "invalid_parameter"),
    ("GET", "/issue?page_size=%2B5", {}, 400, "invalid_parameter"),
    ("GET", "/issue?start_date=%D9%A1", {}, 400, "invalid_parameter"),
    ("GET", "/issue?filter_by_text=%ff", {}, 400, "invalid_parameter"),
    ("GET", "/issue/%ff", {}, 400, "invalid_parameter"),
    ("PUT", "/project/%c3", {"json": {"name": "x"}}, 400, "invalid_parameter"),
    ("PUT", "/issue/{id}", {"content": '{"is_read":true}'.encode("utf-16")}, 400, "invalid_body"),
    ("PUT", "/issue/{id}", {"content": '{"is_read":true}'.encode("utf-32")}, 400, "invalid_body"),
    ("DELETE", "/issue/{id}", {"headers": {"If-Match": '"x"'}}, 412, "precondition_failed"),
    ("PUT", "/issue/{id}", {"json": {"description": "x" * 200_000}}, 413, "body_too_large"),
    (
        "PUT",
        "/issue/{id}",
        {"headers": {"Content-Type": "text/plain"}, "content": "{}"},
        415,
        "unsupported_media_type",
    ),
]


@pytest.mark.parametrize(("method", "path", "request_", "status", "code"), REFUSED_REQUESTS)
def test_errors_have_a_code_and_the_id_of_their_request(
    reviewer, method, path, request_, status, code
):
    issue_id = reviewer.report()["id"]
    headers = {"Content-Type": "application/json"} | request_.get("headers", {})
    response = reviewer(method, path.format(id=issue_id), **request_ | {"headers": headers})
    problem = assert_problem(response, status)
    assert problem["code"] == code
    assert problem["request_id"] == response.headers["x-request-id"]


def test_unknown_state_is_an_invalid_issue_state(reviewer):
    path = f"/issue/{reviewer.report()['id']}"
    problem = assert_problem(reviewer("PUT", path, json={"state": "Lost"}), 400, "state")
    assert "invalid issue state" in problem["detail"]


def test_errors_about_roles_and_tokens_have_codes(member, unauthenticated):
    assert assert_problem(member("GET", "/user"), 403)["code"] == "forbidden"
    problem = assert_problem(unauthenticated("GET", "/issue"), 401)
    assert problem["code"] == "unauthenticated"
    assert problem["request_id"]


def test_errors_outside_the_calls_have_a_code_and_an_id(api):
    problem = assert_problem(httpx.get(f"{api.url}/api/nothing"), 404)
    assert (problem["code"], "request_id" in problem) == ("not_found", True)


@pytest.mark.parametrize(
    "body",
    [
        REPORT | {"anonymous": True, "type": "Lost"},
        {"type": "Lost"},
        REPORT | {"anonymous": "no"},
        [],
    ],
)
def test_errors_of_reports_that_may_be_anonymous_name_no_request(member, visitor, body):
    for caller in (member, visitor):
        assert "request_id" not in assert_problem(caller("POST", "/issue", json=body), 400)


@pytest.mark.parametrize("path", ["/issue/", "/issues", "/issue/x/y", "/issue", "/issue/receipt/"])
def test_errors_of_misaddressed_reports_name_no_request(member, path):
    """An anonymous reporter may send such an error to the operator, whose log has its time."""
    for method in ("POST", "PUT", "OPTIONS"):
        if (method, path) not in (("POST", "/issue"), ("OPTIONS", "/issue")):
            response = member(method, path, json=REPORT | {"anonymous": True})
            assert response.status_code in (404, 405)
            assert "request_id" not in assert_problem(response, response.status_code)


@pytest.mark.parametrize("name", ["x-org", "Idempotency-Key"])
def test_header_with_two_values_is_refused(member, name):
    lines = [(name, "a" * 16), (name, "b" * 16)]
    assert_problem(member("POST", "/issue", json=REPORT, headers=lines), 400, name)
    if name == "Idempotency-Key":
        same = [(name, "c" * 16)] * 2
        assert member("POST", "/issue", json=REPORT, headers=same).status_code == 201


def test_errors_of_visitors_and_receipts_name_no_request(visitor, member):
    refused = [
        visitor("POST", "/issue", json=REPORT),
        visitor("GET", "/issue"),
        visitor("GET", "/me"),
    ]
    for response in refused:
        assert "request_id" not in assert_problem(response, response.status_code)
    for lookup in ({"receipt": "0000"}, {"receipt": "0", "anonymous": False}, {}):
        response = member("POST", "/issue/receipt", json=lookup)
        assert "request_id" not in assert_problem(response, response.status_code)
