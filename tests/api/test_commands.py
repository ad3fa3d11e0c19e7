"""Commands for accounts, keys and sample data; help and errors of all commands."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from issue_portal.cli.commands import COMMANDS, cli
from issue_portal.client.errors import PermissionDeniedError
from issue_portal.models.vocabulary import Role
from tests.api.commands import add_reports, assert_refused, create_token, make_email, parse_output
from tests.servers.installation import make_api_server
from tests.servers.processes import ROOT


def test_user_is_added_listed_disabled_and_enabled(api):
    address = make_email()
    added = parse_output(api.run_command("user", "add", address, "--name", "Ann Other", "--json"))
    assert len(added["password"]) >= 12
    token = create_token(api, "--email", address)["token"]

    def state():
        users = parse_output(api.run_command("user", "list", "--json"))
        return next(user["state"] for user in users if user["email"] == address)

    assert state() == "Active"
    with api.client(token) as client:
        client.me()
        api.run_command("user", "disable", address)
        assert state() == "Inactive"
        with pytest.raises(PermissionDeniedError, match="not active"):
            client.me()
        api.run_command("user", "enable", added["username"])
        client.me()
    assert added["password"] not in (api.data_dir / "accounts.yaml").read_text()
    assert_refused(api.run_command("user", "add", address), "already")
    assert_refused(api.run_command("user", "disable", "nobody"), "nobody")


def test_accounts_file_is_readable_by_its_owner_only(api):
    api.run_command("user", "add", make_email())
    assert stat.S_IMODE((api.data_dir / "accounts.yaml").stat().st_mode) == 0o600


def test_another_secret_key_is_refused_unless_rotated_or_accepted(tmp_path):
    server = make_api_server(tmp_path / "data")
    server.start()
    _, _, anonymous = add_reports(server)
    server.stop()
    old_key = server.env["ISSUES_SECRET_KEY"]
    new_key = "another secret of the tests that is long enough"
    assert_refused(
        server.run_command("token", "list", ISSUES_SECRET_KEY=new_key), "another secret key"
    )
    # A rotation: the new key is first, followed by the old key.
    rotated = {"ISSUES_SECRET_KEY": f"{new_key},{old_key}"}
    assert server.run_command("token", "list", **rotated).returncode == 0
    assert server.run_command("token", "list", ISSUES_SECRET_KEY=new_key).returncode == 0
    # The database now uses the new key, so it refuses the old one.
    assert_refused(server.run_command("token", "list"), "key accept")
    assert server.run_command("key", "accept").returncode == 0
    server.start()
    with server.client(server.create_api_token("Rob", Role.ADMIN)) as client:
        assert client.look_up_receipt(anonymous.receipt).issue_number == anonymous.issue_number
    server.stop()


def test_disabled_user_stays_disabled_when_the_accounts_file_is_broken_or_missing(tmp_path):
    server = make_api_server(tmp_path / "data")
    address = make_email()
    server.run_command("user", "add", address, "--username", "ann")
    token = server.run_command("token", "create", "--email", address).stdout.strip()
    file = server.data_dir / "accounts.yaml"
    server.start()
    try:
        with server.client(token) as client:
            assert client.me().email == address
            # docs/sign-in.md describes this edit.
            file.write_text(file.read_text() + "  disabled: true\n")
            with pytest.raises(PermissionDeniedError):
                client.me()
            for content in ("", "{}", "ann: [", "\0" * 20, None):
                if content is None:
                    file.unlink()
                else:
                    file.write_text(content)
                with pytest.raises(PermissionDeniedError):
                    client.me()
    finally:
        server.stop()
    assert_refused(server.run_command("token", "list"), "accounts.yaml is gone")
    file.write_text("\0" * 20)
    assert_refused(server.run_command("token", "list"), "not YAML")
    file.write_text("{}")
    assert_refused(server.run_command("token", "list"), "or empty")
    # This file records that accounts existed.
    (server.data_dir / ".accounts").unlink()
    assert server.run_command("token", "list").returncode == 0


def test_unwritable_output_is_reported_in_one_line(api):
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "issue_portal", "user", "list"],
            cwd=ROOT,
            env=api.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert_refused(process, "Done, but the output could not be written")


def test_demo_fills_an_empty_database_only(new_server):
    assert new_server.run_command("demo").returncode == 0
    assert_refused(new_server.run_command("demo"), "empty")


def test_demo_adds_issues_in_the_chosen_language(new_server):
    assert new_server.run_command("demo", "--language", "es").returncode == 0
    exported = new_server.run_command("export", "--format", "jsonl").stdout
    assert "Lucía Ejemplo" in exported
    assert "Ada Sample" not in exported


def test_demo_in_an_unknown_language_names_the_available_ones(new_server):
    process = new_server.run_command("demo", "--language", "pl")
    assert process.returncode == 2
    assert "'en'" in process.stderr
    assert "'es'" in process.stderr


def test_every_command_has_help():
    for command in COMMANDS:
        assert "Usage:" in CliRunner().invoke(cli, [command, "--help"]).output


@pytest.mark.parametrize("shares_key", ["0", "1"])
@pytest.mark.parametrize(
    "command",
    [
        ("archive", "old.gz", "--closed-before", "2025-01-01"),
        ("backup", "backup.gz"),
        ("check",),
        ("demo",),
        ("import", __file__),
        ("key", "accept"),
        ("restore", __file__),
        ("serve",),
        ("token", "create", "--email", "a@example.com"),
        ("token", "list"),
        ("token", "revoke", "token_1"),
    ],
)
def test_commands_for_the_local_database_are_refused_with_a_remote_api(
    tmp_path, command, shares_key
):
    installation = make_api_server(
        tmp_path / "data", ISSUES_API_URL="http://localhost:1", ISSUES_API_SHARES_KEY=shares_key
    )
    assert_refused(installation.run_command(*command), "where that API runs")
    assert not installation.data_dir.exists()


def test_accounts_of_a_portal_with_a_remote_api_are_managed_without_a_database(tmp_path):
    portal = make_api_server(tmp_path / "data", ISSUES_API_URL="http://localhost:1")
    assert portal.run_command("user", "add", "ann@example.com").returncode == 0

    def state():
        (user,) = parse_output(portal.run_command("user", "list", "--json"))
        return user["state"]

    assert state() == "Active"
    disabled = portal.run_command("user", "disable", "Ann@example.com")
    assert "stay valid" in disabled.stderr
    assert state() == "Inactive"
    assert portal.run_command("user", "enable", "ann").returncode == 0
    assert state() == "Active"
    assert portal.run_command("user", "password", "ann").returncode == 0
    assert portal.run_command("key", "rotate", ISSUES_SECRET_KEY="").returncode == 0
    assert_refused(portal.run_command("user", "disable", "nobody"), "no account")
    assert not (portal.data_dir / "issues.db").exists()
