"""API tokens that may do only a part of what their role allows."""

import httpx
import pytest

from issue_portal.models.permissions import SCOPES, Action
from issue_portal.models.vocabulary import Role, Scope
from tests.api.commands import create_token, make_email, parse_output
from tests.api.conftest import ApiCaller
from tests.api.test_roles import REPORT

# For each call: the scope that it needs, and its status with that scope. Calls on {own} concern an
# issue that the token's user reported, calls on {foreign} one of somebody else.
CALLS = {
    ("GET", "/issue"): ("read", 200, None),
    ("GET", "/issue?states=Deleted"): ("read", 200, None),
    ("GET", "/issue/stats"): ("read", 200, None),
    ("GET", "/issue/{own}"): ("read", 200, None),
    ("GET", "/issue/{foreign}"): ("read", 200, None),
    ("GET", "/issue/{own}/history"): ("read", 200, None),
    ("GET", "/user"): ("read", 200, None),
    ("GET", "/project"): ("read", 200, None),
    ("POST", "/issue"): ("report", 201, REPORT),
    ("POST", "/issue "): ("report", 201, REPORT | {"anonymous": True}),
    ("POST", "/issue/receipt"): ("report", 404, {"receipt": "0000-0000-0000-0000"}),
    ("PUT", "/issue/{foreign}"): ("review", 200, {"description": "y"}),
    ("PATCH", "/issue/{foreign}"): ("review", 200, {}),
    ("PUT", "/issue/{own}"): ("review", 200, {"state": "InReview"}),
    ("PATCH", "/issue/{own}"): ("review", 200, {"is_read": True}),
    ("DELETE", "/issue/{foreign}"): ("review", 204, None),
    ("POST", "/issue/{foreign}/restore"): ("review", 409, None),
    ("PUT", "/project/a"): ("review", 200, {"name": "A"}),
}
OTHER_SCOPES = {
    "read": ("report", "review"),
    "report": ("read", "review"),
    "review": ("read", "report"),
}


@pytest.fixture(scope="module")
def server(api_on):
    """The API alone; scopes do not depend on the database."""
    return api_on("sqlite")


@pytest.fixture
def make_caller(server):
    """A function that makes a caller of one user, with a token of these scopes."""
    email = make_email()

    def make(*scopes: str, role: Role = Role.ADMIN) -> ApiCaller:
        options = [option for scope in scopes for option in ("--scope", scope)]
        created = create_token(server, "--email", email, "--role", role.value, *options)
        return ApiCaller(server.url, created["token"])

    return make


def assert_scope_missing(response: httpx.Response, scope: str) -> None:
    problem = response.json()
    assert (response.status_code, problem["code"]) == (403, "insufficient_scope")
    assert scope in problem["detail"]
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    assert response.headers["WWW-Authenticate"] == challenge


def test_every_action_has_a_scope():
    assert SCOPES.keys() == set(Action)
    assert set(SCOPES.values()) == set(Scope)


def test_each_call_of_a_reviewer_needs_its_scope(server, make_caller):
    everything = make_caller()
    tokens = {
        scope: (make_caller(scope), make_caller(*others)) for scope, others in OTHER_SCOPES.items()
    }
    stranger = ApiCaller(server.url, server.token(make_email().partition("@")[0]))
    for (method, pattern), (scope, status, body) in CALLS.items():
        with_scope, with_others = tokens[scope]
        issues = {"own": everything.report()["id"], "foreign": stranger.report()["id"]}
        path = pattern.strip().format(**issues)
        request = {} if body is None else {"json": body}
        refused = with_others(method, path, **request)
        assert_scope_missing(refused, scope)
        # Only reports may be anonymous.
        if "/issue" not in path or method != "POST":
            assert refused.json()["request_id"]
        response = with_scope(method, path, **request)
        assert response.status_code == status, f"{method} {path}: {response.text}"
        if status == 201:
            assert response.json()["id"]  # The answer needs no scope to read.


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ADMIN])
def test_scope_to_report_allows_changes_of_own_issues_only(server, make_caller, role):
    reporter, reader = make_caller("report", role=role), make_caller("read", role=role)
    stranger = ApiCaller(server.url, server.token(make_email().partition("@")[0]))
    own, foreign = f"/issue/{reporter.report()['id']}", f"/issue/{stranger.report()['id']}"
    assert reporter("PUT", own, json={"description": "y"}).json()["description"] == "y"
    assert_scope_missing(reader("PUT", own, json={"description": "y"}), "report")
    assert_scope_missing(reader("DELETE", own), "report")
    assert reporter("DELETE", own).status_code == 204
    assert_scope_missing(reader("POST", f"{own}/restore"), "report")
    assert reporter("POST", f"{own}/restore").status_code == 200
    refused = reporter("PUT", foreign, json={"description": "y"})
    if role is Role.ADMIN:
        assert_scope_missing(refused, "review")
    else:
        assert refused.status_code == 404


def test_role_that_is_too_small_stays_forbidden(make_caller):
    member = make_caller("read", "report", "review", role=Role.MEMBER)
    issue = member.report()
    for method, path, body in [
        ("GET", "/issue/stats", None),
        ("GET", "/user", None),
        ("PUT", f"/issue/{issue['id']}", {"state": "Closed"}),
        ("PUT", "/project/a", {"name": "A"}),
    ]:
        response = member(method, path, json=body)
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_reporter_who_is_too_late_learns_which_scope_would_help(make_caller):
    everything = make_caller()
    issue = everything.report()
    everything("PUT", f"/issue/{issue['id']}", json={"state": "InReview"})
    reporter = make_caller("report")
    refused = reporter("PUT", f"/issue/{issue['id']}", json={"description": "late"})
    assert_scope_missing(refused, "review")


def test_bulk_results_name_the_missing_scope(server, make_caller):
    reporter = make_caller("report")
    stranger = ApiCaller(server.url, server.token(make_email().partition("@")[0]))
    ids = [reporter.report()["id"], stranger.report()["id"], "issue_0000000000000000"]
    body = {"ids": ids, "change": {"delete": True}}
    assert_scope_missing(make_caller("read")("POST", "/issue/bulk", json=body), "report")
    results = reporter("POST", "/issue/bulk", json=body).json()
    assert [(result["status"], result["code"]) for result in results] == [
        (204, None),
        (403, "insufficient_scope"),
        (404, "not_found"),
    ]
    reviewed = make_caller("review")("POST", "/issue/bulk", json=body | {"ids": ids[1:2]}).json()
    assert reviewed[0]["status"] == 204


def test_repeated_bulk_change_with_a_better_token_is_not_refused_again(server, make_caller):
    stranger = ApiCaller(server.url, server.token(make_email().partition("@")[0]))
    request = {
        "json": {"ids": [stranger.report()["id"]], "change": {"state": "Closed"}},
        "headers": {"Idempotency-Key": "the same key for both tokens"},
    }
    assert make_caller("report")("POST", "/issue/bulk", **request).json()[0]["status"] == 403
    assert make_caller("review")("POST", "/issue/bulk", **request).json()[0]["status"] == 200


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_allows_a_script_to_check_its_token(make_caller, scope):
    caller = make_caller(scope.value)
    assert caller("GET", "/me").status_code == 200
    (listed,) = caller("GET", "/me/token").json()["data"]
    assert listed["scopes"] == [scope]


def test_command_line_names_tokens_and_limits_their_scopes(server):
    email = make_email()
    options = ("--email", email, "--name", "Nightly", "--scope", "review", "--scope", "read")
    created = create_token(server, *options)
    assert (created["name"], created["scopes"]) == ("Nightly", ["read", "review"])
    unlimited = create_token(server, "--email", email)
    assert (unlimited["name"], unlimited["scopes"]) == (None, ["read", "report", "review"])
    listed = {
        token["id"]: (token["name"], token["scopes"])
        for token in parse_output(server.run_command("token", "list", "--json"))
    }
    assert listed[created["id"]] == ("Nightly", ["read", "review"])
    assert listed[unlimited["id"]] == (None, ["read", "report", "review"])
    table = server.run_command("token", "list").stdout
    assert "Nightly" in table and "read review" in table


@pytest.mark.parametrize(
    "option",
    [("--scope", "admin"), *(("--name", name) for name in (" ", "\u200b", "a\x1b[2J", "x" * 101))],
)
def test_command_line_refuses_unknown_scopes_and_bad_names(server, option):
    result = server.run_command("token", "create", "--email", make_email(), *option)
    assert (result.returncode, result.stdout) == (2, "")
