"""Commands for API tokens, and the permissions of a token."""

import pytest
import yaml

from issue_portal.client.errors import AuthenticationError, PermissionDeniedError
from issue_portal.models.vocabulary import Role
from tests.api.commands import assert_refused, create_token, make_email, parse_output
from tests.api.conftest import ApiCaller
from tests.servers.installation import make_api_server


def test_only_the_token_is_printed_and_only_its_hash_is_stored(tmp_path):
    server = make_api_server(tmp_path / "data")
    result = server.run_command("token", "create", "--email", "a@b.c")
    token = result.stdout.strip()
    assert (result.returncode, result.stdout, result.stderr) == (0, token + "\n", "")
    for path in server.data_dir.iterdir():
        assert token.encode() not in path.read_bytes()


def test_token_works_until_it_is_revoked(api):
    created = create_token(api, "--email", make_email(), "--role", "AppAdmin")
    with api.client(created["token"]) as client:
        assert client.me().email == created["email"]
        assert api.run_command("token", "revoke", created["id"]).returncode == 0
        with pytest.raises(AuthenticationError):
            client.me()
    assert_refused(api.run_command("token", "revoke", created["id"]), created["id"])


def test_expired_token_is_refused(api):
    created = create_token(api, "--email", make_email(), "--expires-in-days", "0")
    with (
        api.client(created["token"]) as client,
        pytest.raises(AuthenticationError, match="expired"),
    ):
        client.me()


def test_token_list_shows_the_day_of_last_use_except_for_anonymous_reports(new_server):
    used, bulk, unused = (create_token(new_server, "--email", make_email()) for _ in range(3))
    new_server.start()
    with new_server.client(used["token"]) as client:
        client.me()
    change = {"ids": ["x"], "change": {"delete": True}}
    ApiCaller(new_server.url, bulk["token"])("POST", "/issue/bulk", json=change)
    report = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
    assert (
        ApiCaller(new_server.url, unused["token"])("POST", "/issue", json=report).status_code == 201
    )
    new_server.stop()  # Writes the uses that are still in memory.
    listed = {
        t["id"]: t["last_used_at"]
        for t in parse_output(new_server.run_command("token", "list", "--json"))
    }
    assert len(listed[used["id"]]) == len(listed[bulk["id"]]) == len("2026-02-08")
    assert listed[unused["id"]] is None


def test_token_never_exceeds_the_current_role_of_its_user(api):
    address = make_email()
    admin_token = create_token(api, "--email", address, "--role", "AppAdmin")
    member_token = create_token(api, "--email", address, "--role", "AppMember")
    with (
        api.client(admin_token["token"]) as admin_client,
        api.client(member_token["token"]) as member_client,
    ):
        admin_client.users()
        with pytest.raises(PermissionDeniedError):
            member_client.users()
        demoted_client = api.client(api.token(address.partition("@")[0], Role.MEMBER))
        demoted_client.me()  # The server stores the role that the portal's token names.
        with pytest.raises(PermissionDeniedError):
            admin_client.users()


def test_edited_account_changes_the_permissions_of_its_tokens(api):
    address = make_email()
    api.run_command("user", "add", address, "--role", "AppAdmin")
    token = create_token(api, "--email", address, "--role", "AppAdmin")["token"]
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
    result = api.run_command("token", "create", "--email", "me")
    assert result.returncode == 2
    assert "not an email address" in result.stderr
