"""The command line: accounts, secret keys, sample data, and output that cannot be written."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from issue_portal.cli.commands import COMMANDS, cli
from issue_portal.client.errors import PermissionDeniedError
from issue_portal.models.vocabulary import Role
from tests.api.command_results import email, filled, new_token, refused, result
from tests.servers.installation import api_server
from tests.servers.processes import ROOT


def test_user_is_added_listed_disabled_and_enabled(api):
    address = email()
    added = result(api.run("user", "add", address, "--name", "Ann Other", "--json"))
    assert len(added["password"]) >= 12
    token = new_token(api, "--email", address)["token"]

    def state():
        users = result(api.run("user", "list", "--json"))
        return next(user["state"] for user in users if user["email"] == address)

    assert state() == "Active"
    with api.client(token) as client:
        client.me()
        api.run("user", "disable", address)
        assert state() == "Inactive"
        with pytest.raises(PermissionDeniedError, match="not active"):
            client.me()
        api.run("user", "enable", added["username"])
        client.me()
    assert added["password"] not in (api.data_dir / "accounts.yaml").read_text()
    refused(api.run("user", "add", address), "already")
    refused(api.run("user", "disable", "nobody"), "nobody")


def test_accounts_file_is_readable_by_its_owner_only(api):
    api.run("user", "add", email())
    assert stat.S_IMODE((api.data_dir / "accounts.yaml").stat().st_mode) == 0o600


def test_another_key_is_refused_at_start_unless_accepted(tmp_path):
    fresh = api_server(tmp_path / "data")
    fresh.start()
    _, _, anonymous = filled(fresh)
    fresh.stop()
    kept = fresh.env["ISSUES_SECRET_KEY"]
    other = "another secret of the tests that is long enough"
    refused(fresh.run("token", "list", ISSUES_SECRET_KEY=other), "another secret key")
    # Rotated: the new one is first, and the old one still there.
    rotated = {"ISSUES_SECRET_KEY": f"{other},{kept}"}
    assert fresh.run("token", "list", **rotated).returncode == 0
    assert fresh.run("token", "list", ISSUES_SECRET_KEY=other).returncode == 0
    refused(fresh.run("token", "list"), "key accept")
    assert fresh.run("key", "accept").returncode == 0
    fresh.start()
    with fresh.client(fresh.create_api_token("Rob", Role.ADMIN)) as client:
        assert client.look_up_receipt(anonymous.receipt).issue_number == anonymous.issue_number
    fresh.stop()


def test_disabled_user_stays_out_when_the_accounts_file_is_missing(tmp_path):
    server = api_server(tmp_path / "data")
    address = email()
    server.run("user", "add", address, "--username", "ann")
    token = server.run("token", "create", "--email", address).stdout.strip()
    file = server.data_dir / "accounts.yaml"
    server.start()
    try:
        with server.client(token) as client:
            assert client.me().email == address
            # By hand, as docs/sign-in.md allows.
            file.write_text(file.read_text() + "  disabled: true\n")
            with pytest.raises(PermissionDeniedError):
                client.me()
            for broken in ("", "{}", "ann: [", "\0" * 20, None):
                if broken is None:
                    file.unlink()
                else:
                    file.write_text(broken)
                with pytest.raises(PermissionDeniedError):
                    client.me()
    finally:
        server.stop()
    refused(server.run("token", "list"), "accounts.yaml is gone")
    file.write_text("\0" * 20)
    refused(server.run("token", "list"), "not YAML")
    file.write_text("{}")
    refused(server.run("token", "list"), "or empty")
    (server.data_dir / ".accounts").unlink()
    assert server.run("token", "list").returncode == 0


def test_unwritable_output_is_reported_in_one_line(api):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "issue_portal", "user", "list"],
            cwd=ROOT,
            env=api.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    refused(done, "Done, but the output could not be written")


def test_demo_fills_an_empty_database_only(fresh):
    assert fresh.run("demo").returncode == 0
    refused(fresh.run("demo"), "empty")


def test_every_command_explains_itself():
    for command in COMMANDS:
        assert "Usage:" in CliRunner().invoke(cli, [command, "--help"]).output


def test_commands_create_no_database_when_the_portal_uses_a_remote_api(api, tmp_path):
    beside = api_server(tmp_path / "data", ISSUES_API_URL=api.url, ISSUES_API_SHARES_KEY="1")
    refused(beside.run("token", "create", "--email", email()), "ISSUES_API_URL")
    assert not beside.data_dir.exists()
