"""Issues: reports, permissions to read, and the errors of invalid requests."""

import json
import threading

import httpx
import pytest

from issue_portal import __version__
from issue_portal.models.vocabulary import Role
from tests.api.problem_documents import assert_problem
from tests.servers.processes import ROOT

# Creation


def test_created_issue_can_be_read_back(member):
    issue = member.report("Hello", config={"thread_id": "t1", "reported_interaction_id": "i1"})
    assert issue["data"] == {"thread_id": "t1", "reported_interaction_id": "i1"}
    assert issue["created_by"]["name"] == member.name
    assert member("GET", f"/issue/{issue['id']}").json() == issue


def test_created_issue_has_a_location(member):
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
    response = member("POST", "/issue", json=body)
    assert response.headers["location"] == f"/api/v1/app/issue/{response.json()['id']}"


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "🙂 emoji 👩‍👩‍👧",
        "עברית العربية",
        "<script>alert(1)</script>",
        "![a](https://example.com/a.png) [b](javascript:alert(1))",
        "tabs\tand\nlines\r\n",
        " leading and trailing ",
        "'; DROP TABLE issues; --",
        "𝕏" * 10_000,
        "\u202edetrevni",
    ],
)
def test_text_is_stored_unchanged(member, text):
    issue = member.report(text)
    assert member("GET", f"/issue/{issue['id']}").json()["description"] == text


@pytest.mark.parametrize(
    "text",
    ["", "   \n\t ", "\u200b\u200b", "x" * 10_001, "nul\x00", "bell\x07", "\ud800", 5],
)
def test_error_of_an_invalid_text_names_the_field(member, text):
    body = {"resource_type": "Thread", "type": "Other", "anonymous": False, "description": text}
    response = member(
        "POST", "/issue", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert_problem(response, 400, "description")


@pytest.mark.parametrize("fields", [{}, {"description": None}])
@pytest.mark.parametrize("anonymous", [False, True])
def test_description_is_optional(member, visitor, reviewer, fields, anonymous):
    body = {"resource_type": "Thread", "type": "Other", "anonymous": anonymous}
    response = member("POST", "/issue", json=body | fields)
    assert (response.status_code, response.json()["description"]) == (201, None)
    path = f"/issue/{response.json()['id']}"
    assert reviewer("GET", path).json()["description"] is None
    if anonymous:
        lookup = {"receipt": response.json()["receipt"]}
        view = visitor("POST", "/issue/receipt", json=lookup).json()
        assert view["description"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "Wrong"}, "type"),
        ({"resource_type": "Image"}, "resource_type"),
        ({"anonymous": "yes"}, "anonymous"),
        ({"anonymus": True}, "anonymus"),
        ({"config": {"thread_id": "t"}}, "config.reported_interaction_id"),
        ({"config": {"thread_id": "", "reported_interaction_id": "i"}}, "config.thread_id"),
        ({"project_id": ""}, "project_id"),
    ],
)
def test_error_of_an_invalid_body_names_the_field(member, change, field):
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
    assert_problem(member("POST", "/issue", json=body | change), 400, field)


def test_invalid_duplicate_or_oversized_json_is_refused(member):
    headers = {"Content-Type": "application/json"}
    assert_problem(member("POST", "/issue", content="{", headers=headers), 400, "body")
    duplicate_field = '{"description": "x", "resource_type": "Thread", "type": "Other", '
    duplicate_field += '"anonymous": true, "anonymous": false}'
    assert_problem(
        member("POST", "/issue", content=duplicate_field, headers=headers), 400, "anonymous"
    )
    # The response cannot encode half of a surrogate pair, so the error shows "?" instead.
    duplicate_surrogate = '{"\\ud800": 1, "\\ud800": 2}'
    assert_problem(member("POST", "/issue", content=duplicate_surrogate, headers=headers), 400, "?")
    assert_problem(member("POST", "/issue", content="a=b"), 415)
    assert_problem(member("POST", "/issue", json={"description": "x" * 200_000}), 413)


def test_concurrent_reports_get_unique_numbers(api, member):
    numbers, errors = [], []

    def work():
        try:
            numbers.extend(member.report()["issue_number"] for _ in range(10))
        except AssertionError as error:
            errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not errors
    assert len(set(numbers)) == 80


# Reads


def test_members_see_their_own_issues_and_reviewers_see_all(member, other_member, reviewer):
    issue = member.report()
    assert [listed["id"] for listed in member.list_issues()] == [issue["id"]]
    assert other_member.list_issues() == []
    assert_problem(other_member("GET", f"/issue/{issue['id']}"), 404)
    assert reviewer("GET", f"/issue/{issue['id']}").status_code == 200
    other_id = other_member("GET", "/me").json()["id"]
    assert_problem(member("GET", "/issue", params={"created_by": other_id}), 403)


def test_visitors_can_only_report_anonymously(visitor, reviewer, member):
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
    assert_problem(visitor("POST", "/issue", json=body), 403)
    assert_problem(visitor("GET", "/issue"), 403)
    assert_problem(visitor("GET", f"/issue/{member.report()['id']}"), 403)
    assert_problem(visitor("GET", "/issue/stats"), 403)
    assert_problem(visitor("GET", "/user"), 403)
    assert_problem(visitor("GET", "/me"), 404)


@pytest.mark.parametrize("issue_id", ["issue_0000000000000000", "x", "issue_é", "%00", "a%2Fb"])
def test_unknown_ids_are_not_found(reviewer, issue_id):
    assert_problem(reviewer("GET", f"/issue/{issue_id}"), 404)


# Authentication, organisation and users


def test_request_without_a_token_is_refused_before_its_body_is_read(unauthenticated):
    assert_problem(unauthenticated("POST", "/issue", content="not json"), 401)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/issue"),
        ("POST", "/issue"),
        ("POST", "/issue/receipt"),
        ("POST", "/issue/bulk"),
        ("GET", "/issue/{id}"),
        ("PUT", "/issue/{id}"),
        ("DELETE", "/issue/{id}"),
        ("POST", "/issue/{id}/restore"),
        ("GET", "/me"),
        ("GET", "/user"),
        ("PUT", "/project/p"),
    ],
)
def test_other_organisation_is_not_found(reviewer, visitor, method, path):
    address = path.format(id=reviewer.report()["id"])
    for caller in (reviewer, visitor):
        response = caller(method, address, json={}, headers={"x-org": "elsewhere"})
        assert assert_problem(response, 404)["code"] == "not_found"


def test_organisation_is_accepted_by_slug_and_by_id(api, reviewer):
    org_id = reviewer("GET", "/me").json()["org_id"]
    for name in ("default", org_id):
        assert reviewer("GET", "/issue", headers={"x-org": name}).status_code == 200
    health = httpx.get(f"{api.url}/api/health", headers={"x-org": "elsewhere"})
    assert health.status_code == 200


def test_users_are_listed_for_reviewers(api, member):
    member("GET", "/me")
    with api.client(api.token("Reviewer", Role.ADMIN)) as client:
        assert member.name in [user.name for user in client.users()]
    assert_problem(member("GET", "/user"), 403)


# Errors, health and documentation


def test_unknown_paths_and_methods_get_problem_documents(member, unauthenticated):
    assert_problem(member("GET", "/nothing"), 404)
    assert_problem(member("POST", "/me"), 405)


def test_health_and_documentation_need_no_token(api, unauthenticated):
    get = unauthenticated.http.get
    health = get(f"{api.url}/api/health").json()
    assert health.pop("uptime") >= 0
    assert health == {"status": "ok", "version": __version__, "commit": None}
    assert get(f"{api.url}/api/ready").json() == {"status": "ready"}
    openapi = get(f"{api.url}/api/openapi.json").json()
    assert openapi == json.loads((ROOT / "openapi.json").read_text())
    page = get(f"{api.url}/api/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert get(f"{api.url}/api/docs/assets/swagger-ui-bundle.js").status_code == 200


def test_number_of_errors_in_a_response_is_limited(member):
    """Regression: each unknown field got an error; six requests a second blocked the portal."""
    query = {f"x{number}": "1" for number in range(101)}
    responses = [
        member("GET", "/issue", params=query),
        member("POST", "/issue", json=query),
        member("POST", "/issue", json={"config": query}),
    ]
    for response in responses:
        assert response.status_code == 400
        assert "more than 100" in response.json()["detail"]
        assert len(response.content) < 1_000
    types = ",".join(["Nothing"] * 5_000)
    response = member("GET", "/issue", params={"type": types})
    assert response.status_code == 400
    assert len(response.json()["errors"]) <= 101
