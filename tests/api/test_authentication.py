"""Authentication: accepted and refused tokens, and the rotation of the secret key."""

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
from issue_portal.models.vocabulary import Role
from issue_portal.server.services import api_tokens
from issue_portal.server.services.api_tokens import create_token
from issue_portal.server.services.service import open_service
from tests.api.conftest import ApiCaller
from tests.factories import make_new_issue
from tests.loops import run_in_loop
from tests.servers.installation import SECRET, make_api_server

OTHER_SECRET = "another secret of the tests, long enough"
NOW = int(time.time())
CLAIMS = {
    "iss": "issue-portal",
    "aud": "issue-portal/api",
    "sub": "x@example.com",
    "name": "X",
    "role": "AppAdmin",
    "iat": NOW,
    "exp": NOW + 60,
}
"""Claims of a valid token. `make_portal_token` sets ``iat`` and ``exp`` to current times."""


def make_portal_token(
    changes: dict | None = None,
    *,
    without: str = "",
    secret: str = SECRET,
    purpose: str = "api",
    algorithm: str = "HS256",
    kid: str | None = None,
) -> str:
    """Make a token as the portal signs it. The arguments change or remove parts of it."""
    [(key_id, key)] = SecretKeys(secret).derive(purpose).items()
    now = int(time.time())
    fresh = CLAIMS | {"iat": now, "exp": now + 60}
    claims = {name: value for name, value in fresh.items() if name != without} | (changes or {})
    headers = {"kid": key_id if kid is None else kid} if kid != "" else {}
    return jwt.encode(claims, None if algorithm == "none" else key, algorithm, headers=headers)


def key_id_of(secret: str) -> str:
    """Return the ``kid`` of tokens that are signed with ``secret``."""
    return next(iter(SecretKeys(secret).derive("api")))


INVALID_TOKENS = {
    "not signed": {"algorithm": "none"},
    "another algorithm": {"algorithm": "HS384"},
    "another key": {"secret": OTHER_SECRET},
    "another key with the id of our key": {"secret": OTHER_SECRET, "kid": key_id_of(SECRET)},
    "no key id": {"kid": ""},
    "unknown key id": {"kid": "../secret.key"},
    "for another purpose": {"purpose": "sign-in"},
    "another audience": {"changes": {"aud": "issue-portal/sign-in"}},
    "another issuer": {"changes": {"iss": "someone"}},
    "unknown role": {"changes": {"role": "AppGod"}},
    "expired": {"changes": {"iat": NOW - 120, "exp": NOW - 60}},
    "issued in the future": {"changes": {"iat": NOW + 3600, "exp": NOW + 3660}},
} | {f"without {name}": {"without": name} for name in CLAIMS if name != "name"}


@pytest.fixture(scope="module")
def server(api_on):
    """The API on SQLite. Authentication is the same on every database."""
    return api_on("sqlite")


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
@pytest.mark.parametrize("reason", INVALID_TOKENS)
def test_invalid_token_is_refused(server, reason):
    response = ApiCaller(server.url, make_portal_token(**INVALID_TOKENS[reason]))("GET", "/me")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Basic eDp5", "Bearer nonsense", "Bearer ipat_nonsense", "Bearer é".encode()],
)
def test_header_without_a_valid_token_is_refused(server, authorization):
    response = ApiCaller(server.url, None)("GET", "/me", headers={"Authorization": authorization})
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_token_issued_within_the_clock_skew_is_accepted(server):
    from_fast_clock = make_portal_token({"iat": int(time.time()) + 5, "exp": int(time.time()) + 60})
    for token in (make_portal_token(), from_fast_clock):
        assert ApiCaller(server.url, token)("GET", "/me").json()["email"] == CLAIMS["sub"]


def new_anonymous_issue(text: str) -> NewIssue:
    return make_new_issue(text, anonymous=True)


def test_tokens_receipts_and_cursors_work_until_the_old_key_is_removed(tmp_path):
    server = make_api_server(tmp_path / "data")
    del server.env["ISSUES_SECRET_KEY"]
    key = str(uuid.uuid4())
    result = server.run_command("token", "create", "--email", "r@example.com", "--role", "AppAdmin")
    token = result.stdout.strip()
    server.start()
    try:
        with server.client(token) as client:
            before = client.create(new_anonymous_issue("before"), idempotency_key=key)
            client.create(new_anonymous_issue("another"))
            cursor = client.list(IssueQuery(first=1)).next_cursor
        rotated = server.run_command("key", "rotate")
        assert rotated.returncode == 0, rotated.stderr
        server.stop()
        server.start()
        with server.client(token) as client:
            assert client.create(new_anonymous_issue("before"), idempotency_key=key) == before
            assert client.look_up_receipt(before.receipt).description == "before"
            older = client.list(IssueQuery(first=1, after=cursor))
            assert [issue.id for issue in older.data] == [before.id]
            after = client.create(new_anonymous_issue("after"))

        file = server.data_dir / "secret.key"
        newest, oldest = file.read_text().split()
        for secret in (newest, oldest):
            signed_token = make_portal_token(secret=secret)
            assert ApiCaller(server.url, signed_token)("GET", "/me").status_code == 200
        file.write_text(newest)
        server.stop()
        server.start()
        assert (
            ApiCaller(server.url, make_portal_token(secret=oldest))("GET", "/me").status_code == 401
        )
        with server.client(token) as client, pytest.raises(AuthenticationError):
            client.me()
        with server.client(make_portal_token(secret=newest)) as client:
            assert client.look_up_receipt(after.receipt).description == "after"
            with pytest.raises(NotFoundError):
                client.look_up_receipt(before.receipt)
            with pytest.raises(BadRequestError):
                client.list(IssueQuery(first=1, after=cursor))
    finally:
        server.stop()


def test_first_of_two_authorization_headers_counts(api_on):
    server = api_on("sqlite")
    member = server.create_api_token("Rita")
    admin_and_member = [server.create_api_token("Rita", Role.ADMIN), member]
    url = f"{server.url}/api/v1/app/issue?page_size=1&page=7&states=Deleted"

    def request(*tokens):
        return httpx.get(url, headers=[("Authorization", f"Bearer {token}") for token in tokens])

    assert [request(*admin_and_member).status_code for _ in range(2)] == [200, 200]
    assert request(member).status_code == 403


def test_locked_database_does_not_delay_calls_with_a_token(tmp_path, monkeypatch):
    """Regression: once per hour, a call itself stored the last use of each token.

    If the database was locked, all calls waited 5 s.
    """
    settings = Settings(data_dir=tmp_path, secret_key=SECRET)
    service = open_service(settings, load_keys(settings))
    token = create_token(
        service.database, service.org_id, service.keys, "a@example.com", Role.MEMBER, None
    )
    authenticator = service.authenticator
    caller = authenticator.ensure_principal(authenticator.verify(f"Bearer {token.secret}"))
    service.token_usage.record(caller)
    monkeypatch.setattr(api_tokens, "USAGE_WRITE_INTERVAL", 0.0)

    def read_last_uses() -> list[int]:
        with sqlite3.connect(tmp_path / "issues.db") as reader:
            return [day for (day,) in reader.execute("SELECT last_used_at FROM tokens") if day]

    lock = sqlite3.connect(tmp_path / "issues.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    start_time = time.monotonic()
    service.token_usage.record(caller)
    assert time.monotonic() - start_time < 1
    with pytest.raises(DBAPIError):  # A failed write is repeated later.
        service.token_usage.write()
    for thread in threading.enumerate():
        if thread.name == "token uses":
            thread.join()
    lock.execute("ROLLBACK")
    assert read_last_uses() == []
    run_in_loop(service.close)
    assert read_last_uses() == [NOW // 86_400 * 86_400]
