"""Authentication: which tokens are accepted, and what survives a rotation of the secret key."""

import sqlite3
import threading
import time
import uuid

import httpx
import jwt
import pytest
from sqlalchemy.exc import DBAPIError

from issue_portal.client.errors import AuthenticationError, BadRequestError, NotFoundError
from issue_portal.core.secret_keys import SecretKeys, load_keys
from issue_portal.core.settings import Settings
from issue_portal.models.requests import IssueQuery, NewIssue
from issue_portal.models.vocabulary import IssueType, ResourceType, Role
from issue_portal.server.services import api_tokens
from issue_portal.server.services.api_tokens import create_token
from issue_portal.server.services.service import open_service
from tests.api.conftest import Caller
from tests.servers.installation import SECRET, api_server

NEWER = "another secret of the tests, newer"
NOW = int(time.time())
CLAIMS = {
    "iss": "issue-portal",
    "aud": "issue-portal/api",
    "sub": "x@example.com",
    "name": "X",
    "role": "AppAdmin",
    "iat": NOW,
    "exp": NOW + 600,
}


def portal_token(
    changes: dict | None = None,
    *,
    without: str = "",
    secret: str = SECRET,
    purpose: str = "api",
    algorithm: str = "HS256",
    kid: str | None = None,
) -> str:
    """Return a token as the portal signs it, except for the arguments."""
    [(key_id, key)] = SecretKeys(secret).derive(purpose).items()
    claims = {name: value for name, value in CLAIMS.items() if name != without} | (changes or {})
    headers = {"kid": key_id if kid is None else kid} if kid != "" else {}
    return jwt.encode(claims, None if algorithm == "none" else key, algorithm, headers=headers)


def of_this_key(secret: str) -> str:
    """Return the key id that tokens carry for a secret."""
    return next(iter(SecretKeys(secret).derive("api")))


BAD = {
    "not signed": {"algorithm": "none"},
    "another algorithm": {"algorithm": "HS384"},
    "another key": {"secret": NEWER},
    "another key by the name of ours": {"secret": NEWER, "kid": of_this_key(SECRET)},
    "no name of a key": {"kid": ""},
    "nonsense for the name of a key": {"kid": "../secret.key"},
    "for another purpose": {"purpose": "sign-in"},
    "another audience": {"changes": {"aud": "issue-portal/sign-in"}},
    "another issuer": {"changes": {"iss": "someone"}},
    "a role that is none": {"changes": {"role": "AppGod"}},
    "expired": {"changes": {"iat": NOW - 120, "exp": NOW - 60}},
    "of the future": {"changes": {"iat": NOW + 3600, "exp": NOW + 3660}},
} | {f"without {name}": {"without": name} for name in CLAIMS if name != "name"}


@pytest.fixture(scope="module")
def server(api_on):
    """The API alone; authentication does not depend on the database."""
    return api_on("sqlite")


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
@pytest.mark.parametrize("why", BAD)
def test_bad_token_is_refused(server, why):
    answer = Caller(server.url, portal_token(**BAD[why]))("GET", "/me")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Basic eDp5", "Bearer nonsense", "Bearer ipat_nonsense", "Bearer é".encode()],
)
def test_header_without_a_token_is_refused(server, authorization):
    answer = Caller(server.url, None)("GET", "/me", headers={"Authorization": authorization})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_good_token_is_accepted_with_clock_skew(server):
    soon = portal_token({"iat": int(time.time()) + 5, "exp": int(time.time()) + 60})
    for token in (portal_token(), soon):
        assert Caller(server.url, token)("GET", "/me").json()["email"] == CLAIMS["sub"]


def anonymous(text: str) -> NewIssue:
    return NewIssue(
        description=text,
        resource_type=ResourceType.THREAD,
        type=IssueType.OTHER,
        anonymous=True,
    )


def test_tokens_receipts_and_cursors_work_until_the_old_key_is_removed(tmp_path):
    server = api_server(tmp_path / "data")
    del server.env["ISSUES_SECRET_KEY"]
    key = str(uuid.uuid4())
    done = server.run("token", "create", "--email", "r@example.com", "--role", "AppAdmin")
    token = done.stdout.strip()
    server.start()
    try:
        with server.client(token) as client:
            before = client.create(anonymous("before"), idempotency_key=key)
            client.create(anonymous("another"))
            cursor = client.list(IssueQuery(first=1)).next_cursor
        rotated = server.run("key", "rotate")
        assert rotated.returncode == 0, rotated.stderr
        server.stop()
        server.start()
        with server.client(token) as client:
            assert client.create(anonymous("before"), idempotency_key=key) == before
            assert client.look_up_receipt(before.receipt).description == "before"
            older = client.list(IssueQuery(first=1, after=cursor))
            assert [issue.id for issue in older.data] == [before.id]
            after = client.create(anonymous("after"))

        file = server.data_dir / "secret.key"
        newest, oldest = file.read_text().split()
        for secret in (newest, oldest):
            token_of_it = portal_token(secret=secret)
            assert Caller(server.url, token_of_it)("GET", "/me").status_code == 200
        file.write_text(newest)
        server.stop()
        server.start()
        assert Caller(server.url, portal_token(secret=oldest))("GET", "/me").status_code == 401
        with server.client(token) as client, pytest.raises(AuthenticationError):
            client.me()
        with server.client(portal_token(secret=newest)) as client:
            assert client.look_up_receipt(after.receipt).description == "after"
            with pytest.raises(NotFoundError):
                client.look_up_receipt(before.receipt)
            with pytest.raises(BadRequestError):
                client.list(IssueQuery(first=1, after=cursor))
    finally:
        server.stop()


def test_cached_response_is_not_sent_to_a_weaker_token(api_on):
    """The first of two tokens counts."""
    server = api_on("sqlite")
    member = server.lasting_token("Rita")
    both = [server.lasting_token("Rita", Role.ADMIN), member]
    url = f"{server.url}/api/v1/app/issue?page_size=1&page=7&states=Deleted"

    def asked(*tokens):
        return httpx.get(url, headers=[("Authorization", f"Bearer {one}") for one in tokens])

    assert [asked(*both).status_code for _ in range(2)] == [200, 200]
    assert asked(both[1]).status_code == 403


def test_locked_database_does_not_delay_calls_with_a_token(tmp_path, monkeypatch):
    """Regression: once an hour a call wrote the uses itself, and all calls waited five seconds."""
    settings = Settings(data_dir=tmp_path, secret_key=SECRET)
    service = open_service(settings, load_keys(settings))
    token = create_token(
        service.database, service.org_id, service.keys, "a@example.com", Role.MEMBER, None
    )
    caller = service.authenticator.authenticate(f"Bearer {token.secret}")
    service.token_usage.record(caller)
    monkeypatch.setattr(api_tokens, "USAGE_WRITE_INTERVAL", 0.0)

    def days() -> list[int]:
        with sqlite3.connect(tmp_path / "issues.db") as reader:
            return [day for (day,) in reader.execute("SELECT last_used_at FROM tokens") if day]

    locker = sqlite3.connect(tmp_path / "issues.db", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    service.token_usage.record(caller)
    assert time.monotonic() - begun < 1
    with pytest.raises(DBAPIError):  # What has been told since is there at the next try.
        service.token_usage.write()
    for thread in threading.enumerate():
        if thread.name == "token uses":
            thread.join()
    locker.execute("ROLLBACK")
    assert days() == []
    service.close()
    assert days() == [NOW // 86_400 * 86_400]
