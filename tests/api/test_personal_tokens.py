"""The API tokens that people create, list and revoke themselves."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import update

from issue_portal.core.portal_token import Operator
from issue_portal.models.vocabulary import Role
from issue_portal.server.db.tables import tokens
from tests.api.commands import create_token
from tests.api.conftest import ApiCaller
from tests.servers.installation import sign

NEW_TOKEN = {"name": "Nightly export", "scopes": ["read", "report"], "expires_in_days": 90}
DAY = 86_400


def create(caller: ApiCaller, **fields) -> dict:
    """Create a token; return the response."""
    response = caller("POST", "/me/token", json=NEW_TOKEN | fields)
    assert response.status_code == 201, response.text
    return response.json()


def list_tokens(caller: ApiCaller) -> list[dict]:
    response = caller("GET", "/me/token")
    assert response.status_code == 200, response.text
    return response.json()["data"]


def test_person_creates_uses_and_revokes_a_token(api, member):
    assert list_tokens(member) == []
    created = create(member)
    secret = created.pop("token")
    script = ApiCaller(api.url, secret)
    assert list_tokens(member) == [created]
    assert created["last_used_at"] is None
    assert (created["name"], created["role"]) == ("Nightly export", "AppMember")
    assert created["scopes"] == ["read", "report"]
    assert script("GET", "/me").json()["id"] == member("GET", "/me").json()["id"]
    assert script.report()["created_by"]["name"] == member.name
    assert list_tokens(member)[0]["last_used_at"] == time.strftime("%Y-%m-%d", time.gmtime())
    assert member("DELETE", f"/me/token/{created['id']}").status_code == 204
    assert script("GET", "/me").status_code == 401
    assert list_tokens(member) == []
    assert member("DELETE", f"/me/token/{created['id']}").status_code == 404


def test_times_of_a_token_are_days_so_that_they_do_not_show_when_its_user_was_here(member):
    created = create(member, expires_in_days=1.0)  # JSON does not tell it from 1.
    times = [
        datetime.fromisoformat(created[name]).timestamp() for name in ("created_at", "expires_at")
    ]
    assert all(moment % DAY == 0 for moment in times)
    assert times[0] <= time.time() < times[0] + DAY
    assert times[1] == times[0] + 2 * DAY


def test_expired_token_is_refused_at_once(api, member):
    created = create(member)
    script = ApiCaller(api.url, created["token"])
    assert script("GET", "/me").status_code == 200
    with api.database.write() as connection:
        expired = update(tokens).where(tokens.c.id == created["id"])
        connection.execute(expired.values(expires_at=int(time.time())))
    response = script("GET", "/me")
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


def test_role_is_at_most_the_own_and_falls_with_it(api, member, reviewer):
    refused = member("POST", "/me/token", json=NEW_TOKEN | {"role": "AppAdmin"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    limited = ApiCaller(api.url, create(reviewer, role="AppMember")["token"])
    assert limited("GET", "/user").status_code == 403
    script = ApiCaller(api.url, create(reviewer)["token"])
    assert script("GET", "/user").status_code == 200
    ApiCaller(api.url, api.token(reviewer.name, Role.MEMBER))("GET", "/me")
    assert script("GET", "/user").json()["code"] == "forbidden"


def test_people_do_not_see_or_revoke_tokens_of_others(member, reviewer):
    created = create(member)
    assert list_tokens(reviewer) == []
    assert reviewer("DELETE", f"/me/token/{created['id']}").status_code == 404
    assert [token["id"] for token in list_tokens(member)] == [created["id"]]


def test_api_token_lists_and_revokes_only_itself_and_creates_none(api, member):
    other, own = create(member), create(member, name="Leaked")
    leaked = ApiCaller(api.url, own["token"])
    assert [token["name"] for token in list_tokens(leaked)] == ["Leaked"]
    refused = leaked("POST", "/me/token", json=NEW_TOKEN)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "sign in" in refused.json()["detail"]
    assert leaked("DELETE", f"/me/token/{other['id']}").status_code == 404
    assert leaked("DELETE", f"/me/token/{own['id']}").status_code == 204
    assert leaked("GET", "/me").status_code == 401
    assert [token["id"] for token in list_tokens(member)] == [other["id"]]


def test_token_of_the_command_line_is_listed_too(api, member):
    email = f"{member.name.lower()}@example.com"
    made = create_token(api, "--email", email)
    (listed,) = list_tokens(member)
    assert (listed["id"], listed["name"], listed["expires_at"]) == (made["id"], "", None)
    assert listed["scopes"] == ["read", "report", "review"]


def test_visitor_and_operator_have_no_tokens(api, visitor):
    for caller in (visitor, ApiCaller(api.url, sign(Operator()))):
        assert caller("GET", "/me/token").status_code == 404
        assert caller("POST", "/me/token", json=NEW_TOKEN).status_code == 404
        assert caller("DELETE", "/me/token/token_0000000000000000").status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \u200b"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": None}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "admin"]}, "scopes.1"),
        ({"scopes": None}, "scopes"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 367}, "expires_in_days"),
        ({"expires_in_days": "9"}, "expires_in_days"),
        ({"expires_in_days": True}, "expires_in_days"),
        ({"expires_in_days": 1.5}, "expires_in_days"),
        ({"role": "Boss"}, "role"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_invalid_request_is_refused(member, fields, field):
    response = member("POST", "/me/token", json=NEW_TOKEN | fields)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_expiry_is_required(member):
    body = {name: value for name, value in NEW_TOKEN.items() if name != "expires_in_days"}
    assert member("POST", "/me/token", json=body).status_code == 400


def test_idempotency_key_is_refused_because_the_secret_cannot_be_repeated(member):
    headers = {"Idempotency-Key": "a key of a careful client"}
    response = member("POST", "/me/token", json=NEW_TOKEN, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")
    assert list_tokens(member) == []


def test_person_has_at_most_50_tokens_even_if_created_at_the_same_time(member):
    for _ in range(47):
        create(member)

    def send(_: int) -> tuple[int, str | None]:
        response = member("POST", "/me/token", json=NEW_TOKEN)
        return response.status_code, response.json().get("code")

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(send, range(6)), key=str)
    assert outcomes == [(201, None)] * 3 + [(409, "token_limit")] * 3
    tokens_listed = list_tokens(member)
    assert len(tokens_listed) == 50
    member("DELETE", f"/me/token/{tokens_listed[0]['id']}")
    create(member)


def test_secret_is_stored_as_a_hash_and_never_logged(new_server):
    new_server.env["ISSUES_LOG"] = "json"
    new_server.start()
    member = ApiCaller(new_server.url, new_server.token("Member"))
    secret = create(member)["token"]
    ApiCaller(new_server.url, secret)("GET", "/me")
    member("POST", "/me/token", json=NEW_TOKEN | {"name": secret, "scopes": []})
    new_server.stop()
    assert "/v1/app/me/token" in new_server.log
    assert secret not in new_server.log
    for path in new_server.data_dir.iterdir():
        assert secret.encode() not in path.read_bytes()
