"""Commands for API tokens."""

import pytest
import yaml

from issue_portal.client.errors import AuthenticationError, PermissionDeniedError
from issue_portal.models.vocabulary import Role
from tests.api.command_results import email, new_token, refused, result
from tests.api.conftest import Caller
from tests.servers.installation import api_server


def test_token_alone_is_printed_and_only_its_hash_is_stored(tmp_path):
    server = api_server(tmp_path / "data")
    done = server.run("token", "create", "--email", "a@b.c")
    token = done.stdout.strip()
    assert (done.returncode, done.stdout, done.stderr) == (0, token + "\n", "")
    for path in server.data_dir.iterdir():
        assert token.encode() not in path.read_bytes()


def test_token_works_until_it_is_revoked(api):
    made = new_token(api, "--email", email(), "--role", "AppAdmin")
    with api.client(made["token"]) as client:
        assert client.me().email == made["email"]
        assert api.run("token", "revoke", made["id"]).returncode == 0
        with pytest.raises(AuthenticationError):
            client.me()
    refused(api.run("token", "revoke", made["id"]), made["id"])


def test_token_that_has_expired_is_refused(api):
    made = new_token(api, "--email", email(), "--expires-in-days", "0")
    with api.client(made["token"]) as client, pytest.raises(AuthenticationError, match="expired"):
        client.me()


def test_token_list_shows_the_day_of_last_use_except_for_anonymous_reports(fresh):
    used, unused = (new_token(fresh, "--email", email()) for _ in range(2))
    fresh.start()
    with fresh.client(used["token"]) as client:
        client.me()
    report = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
    assert Caller(fresh.url, unused["token"])("POST", "/issue", json=report).status_code == 201
    fresh.stop()  # Uses are written from time to time, not with each request, and at the end.
    listed = {t["id"]: t["last_used_at"] for t in result(fresh.run("token", "list", "--json"))}
    assert len(listed[used["id"]]) == len("2026-02-08")
    assert listed[unused["id"]] is None


def test_token_never_exceeds_the_current_role_of_its_user(api):
    address = email()
    made = new_token(api, "--email", address, "--role", "AppAdmin")
    weak = new_token(api, "--email", address, "--role", "AppMember")
    with api.client(made["token"]) as strong_client, api.client(weak["token"]) as weak_client:
        strong_client.users()
        with pytest.raises(PermissionDeniedError):
            weak_client.users()
        demoted = api.client(api.token(address.partition("@")[0], Role.MEMBER))
        demoted.me()
        with pytest.raises(PermissionDeniedError):
            strong_client.users()


def test_token_follows_an_edited_account(api):
    address = email()
    api.run("user", "add", address, "--role", "AppAdmin")
    token = new_token(api, "--email", address, "--role", "AppAdmin")["token"]
    file = api.data_dir / "accounts.yaml"
    with api.client(token) as client:
        client.users()
        accounts = yaml.safe_load(file.read_text())
        account = next(a for a in accounts.values() if a["email"] == address)
        account["role"] = "AppMember"
        account["email"] = address.upper()
        file.write_text(yaml.safe_dump(accounts))
        with pytest.raises(PermissionDeniedError):
            client.users()
        account["disabled"] = True
        file.write_text(yaml.safe_dump(accounts))
        with pytest.raises(PermissionDeniedError, match="not active"):
            client.me()


def test_token_needs_an_email_address(api):
    done = api.run("token", "create", "--email", "me")
    assert done.returncode == 2
    assert "not an e-mail address" in done.stderr
