"""Start of API and portal: error messages, settings in secrets, file modes, first passwords."""

import json
import socket
import sqlite3
import stat
import subprocess
import sys

import httpx
import pytest

from issue_portal.core.revoked_sign_ins import RevokedSignIns
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import Role
from tests.command_line import run_module
from tests.servers.installation import SECRET, make_api_server, make_portal_server
from tests.servers.processes import ROOT, find_free_port, make_environment

SERVE = [sys.executable, "-m", "issue_portal", "serve"]
PORTAL = [sys.executable, "-m", "streamlit", "run", "app.py"]
WEB = [sys.executable, "-m", "web"]
UVICORN = [sys.executable, "-m", "uvicorn", "app:app"]


def run(command, data_dir, **env):
    return run_module(command, make_environment(data_dir, **env))


def run_without_fork(command, data_dir, **env):
    """Run a command as an operator does. It imports the libraries itself."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=make_environment(data_dir, **env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_start_fails(process, text):
    """Assert that a start failed with a one-line error message that contains ``text``."""
    output = process.stdout + process.stderr
    assert process.returncode != 0, output
    assert text in output
    assert "Traceback" not in output
    assert len(output.strip().splitlines()) == 1, output


@pytest.fixture(params=["serve", "portal"])
def command(request):
    """The command that starts the API server or the portal."""
    port = str(find_free_port())
    return {"serve": [*SERVE, "--port", port], "portal": [*PORTAL, "--server.port", port]}[
        request.param
    ]


def test_invalid_setting_is_reported_by_uvicorn(tmp_path):
    command = [*UVICORN, "--port", str(find_free_port())]
    process = run_without_fork(command, tmp_path / "data", ISSUES_DEMO="maybe")
    assert_start_fails(process, "ISSUES_DEMO")


def test_demo_in_an_unknown_language_is_refused_before_anything_is_written(command, tmp_path):
    assert_start_fails(run(command, tmp_path / "data", ISSUES_DEMO="pl"), "en, es")
    assert not (tmp_path / "data" / "accounts.yaml").exists()


def test_unwritable_data_directory_is_reported(command, tmp_path):
    (tmp_path / "file").write_text("not a directory")
    assert_start_fails(run(command, tmp_path / "file" / "data"), "ISSUES_DATA_DIR")


def test_newer_database_is_reported(command, tmp_path):
    server = make_api_server(tmp_path / "data").start()
    server.stop()
    with sqlite3.connect(server.data_dir / "issues.db") as database:
        database.execute("update alembic_version set version_num = '9999'")
    assert_start_fails(run(command, server.data_dir), "newer version")


def test_locked_database_is_reported(command, tmp_path):
    (tmp_path / "data").mkdir()
    database = sqlite3.connect(tmp_path / "data" / "issues.db", isolation_level=None)
    database.execute("begin exclusive")
    assert_start_fails(run(command, tmp_path / "data"), "locked")
    database.close()


def test_invalid_database_file_is_reported(command, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "issues.db").write_text("this is not a database" * 100)
    assert_start_fails(run(command, tmp_path / "data"), "not a database")


def test_port_in_use_is_reported(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        assert_start_fails(run_without_fork([*SERVE, "--port", port], tmp_path / "a"), port)
        command = [*PORTAL, "--server.port", port]
        process = run_without_fork(command, tmp_path / "b", ISSUES_SECRET_KEY=SECRET)
        output = process.stdout + process.stderr
        assert process.returncode != 0
        assert "Traceback" not in output
        assert port in output


@pytest.mark.parametrize("address", ["portal.invalid", "192.0.2.1", "2001:db8::1"])
def test_address_that_cannot_be_listened_on_is_reported(tmp_path, address):
    process = run(WEB, tmp_path / "data", STREAMLIT_SERVER_ADDRESS=address)
    assert_start_fails(process, f"Cannot listen on {address}")
    assert_start_fails(run([*SERVE, "--host", address], tmp_path / "data"), "Check --host")


@pytest.mark.parametrize("port", ["abc", "-1", "65536"])
def test_impossible_port_is_reported(tmp_path, port):
    process = run_without_fork(WEB, tmp_path / "data", STREAMLIT_SERVER_PORT=port)
    assert_start_fails(process, "STREAMLIT_SERVER_PORT")
    assert process.returncode == 1


def test_password_with_an_at_sign_is_reported_without_showing_it(tmp_path):
    url = "postgresql://issues:hid@den/1@localhost/issues"
    process = run(SERVE, tmp_path / "data", ISSUES_DATABASE_URL=url)
    assert_start_fails(process, "%40")
    assert "den" not in process.stderr


def test_database_that_cannot_be_reached_is_reported(command, tmp_path):
    address = "localhost:1" if "serve" in command else "database.invalid"
    url = f"postgresql://issues:hidden@{address}/issues"
    process = run(command, tmp_path / "data", ISSUES_DATABASE_URL=url)
    assert_start_fails(process, address)
    assert "hidden" not in process.stderr
    assert process.stderr.count("127.0.0.1") <= 1


@pytest.mark.parametrize("is_portal", [True, False])
def test_every_line_from_start_to_stop_is_json(tmp_path, is_portal):
    make_server = make_portal_server if is_portal else make_api_server
    server = make_server(tmp_path / "data", ISSUES_LOG="json")
    if is_portal:
        server.command = [*WEB, "--server.port", str(server.port)]
    server.start()
    httpx.get(f"{server.url}/api/v1/app/issue")
    server.stop()
    messages = [json.loads(line)["message"] for line in server.log.splitlines()]
    assert any(str(server.port) in message for message in messages)
    assert any("401" in message for message in messages)
    passwords = [message for message in messages if "passwords" in message]
    assert len(passwords) == (1 if is_portal else 0)


def test_failed_start_is_reported_as_json(command, tmp_path):
    database = {"ISSUES_DATABASE_URL": "postgresql://database.invalid/issues"}
    setting = {"ISSUES_DEMO": "maybe"}
    env, text = (setting, "ISSUES_DEMO") if "serve" in command else (database, "database.invalid")
    process = run(command, tmp_path / "data", ISSUES_LOG="json", **env)
    assert process.returncode == 1
    line = json.loads(process.stdout + process.stderr)
    assert line["level"] == "critical"
    assert text in line["message"]


@pytest.mark.parametrize("server", ["portal", "serve"])
def test_port_in_use_is_reported_as_json(tmp_path, server):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        command = [*WEB, "--server.port", port] if server == "portal" else [*SERVE, "--port", port]
        process = run(command, tmp_path / "data", ISSUES_LOG="json")
    assert process.returncode == 1
    assert port in json.loads(process.stdout + process.stderr)["message"]


def test_invalid_setting_is_reported(command, tmp_path):
    assert_start_fails(run(command, tmp_path / "data", ISSUES_ORG="Bad Slug!"), "ISSUES_ORG")


def test_invalid_secret_key_is_reported(command, tmp_path):
    key = f"{SECRET},{SECRET[:20]}"
    assert_start_fails(run(command, tmp_path / "data", ISSUES_SECRET_KEY=key), "too short")


AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": SECRET,
    "client_id": "portal",
    "client_secret": "a secret",
    "server_metadata_url": "http://localhost:1/.well-known/openid-configuration",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"client_secret": None}, "client_secret"),
        ({"client_id": "an unfinished\nline"}, "TOML"),
        # The section [auth] is valid, but the trusted headers of a proxy are set as well.
        ({}, "trustedUserHeaders"),
    ],
)
def test_invalid_oidc_configuration_is_reported(tmp_path, change, message):
    lines = [f'{name} = "{value}"' for name, value in (AUTH | change).items() if value is not None]
    (tmp_path / "secrets.toml").write_text("\n".join(["[auth]", *lines]))
    headers = {} if change else {"STREAMLIT_SERVER_TRUSTED_USER_HEADERS": '{"X-Email": "email"}'}
    process = run(
        [*PORTAL, "--server.port", str(find_free_port())],
        tmp_path / "data",
        STREAMLIT_SECRETS_FILES=str(tmp_path / "secrets.toml"),
        **headers,
    )
    assert_start_fails(process, message)


def test_invalid_accounts_file_is_reported(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "accounts.yaml").write_text("member: {role: King}")
    command = [*PORTAL, "--server.port", str(find_free_port())]
    assert_start_fails(run(command, tmp_path / "data"), "accounts.yaml")


def test_uvicorn_serves_portal_and_api(tmp_path):
    server = make_portal_server(tmp_path / "data")
    server.command = [*UVICORN, "--port", str(server.port)]
    server.start()
    try:
        assert httpx.get(f"{server.url}/api/health").json()["status"] == "ok"
        page = httpx.get(server.url)
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert httpx.get(f"{server.url}/_stcore/health").status_code == 200
        # Scripts are served even before the first page is, because another replica may have served
        # the page that requests a script.
        folder = f"{server.url}/_stcore/bidi-components/issue_portal.draft_autosave"
        assert httpx.get(f"{folder}/draft_autosave.js").status_code == 200
        assert httpx.get(f"{folder}/draft_autosave.py").status_code == 404
    finally:
        server.stop()


@pytest.mark.parametrize("command", [PORTAL, UVICORN], ids=["streamlit", "uvicorn"])
def test_settings_in_secrets_are_used_unless_the_environment_has_them(tmp_path, command):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(
        'ISSUES_EMBED_IN = "https://intranet.example.com"\n'
        "ISSUES_DEMO = true\n"
        "ISSUES_MAX_SESSIONS = 0\n"
        f'ISSUES_DATA_DIR = "{tmp_path / "data of secrets"}"\n'
    )
    server = make_portal_server(tmp_path / "data", HOME=str(tmp_path), ISSUES_MAX_SESSIONS="10")
    port = "--port" if command is UVICORN else "--server.port"
    server.command = [*command, port, str(server.port)]
    server.start()
    try:
        policy = httpx.get(server.url).headers["content-security-policy"]
        assert "https://intranet.example.com" in policy
        assert server.client(server.token("Robin", Role.ADMIN)).list().data
    finally:
        server.stop()
    assert (server.data_dir / "issues.db").exists()
    assert not (tmp_path / "data of secrets").exists()


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (PORTAL, b"not toml"),
        (PORTAL, b'ISSUES_ORG = "\\u0000"'),
        (UVICORN, b'a = "\xff"'),
    ],
)
def test_invalid_secrets_file_is_reported(tmp_path, command, text):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_bytes(text)
    port = "--port" if command is UVICORN else "--server.port"
    process = run([*command, port, str(find_free_port())], tmp_path / "data", HOME=str(tmp_path))
    assert_start_fails(process, "secrets.toml")


def test_files_are_readable_by_their_owner_only(portal):
    RevokedSignIns(Settings(data_dir=portal.data_dir), SecretKeys(SECRET)).add("revoked id", 2**33)
    paths = [portal.data_dir, *portal.data_dir.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    # The directory `ended` has the revoked sign-ins.
    assert {"issues.db", "accounts.yaml", "ended"} <= {path.name for path in paths}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


def test_first_passwords_are_printed_once_and_stored_hashed(tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    passwords = server.passwords
    assert passwords.keys() == {"member", "reviewer"}
    server.stop()
    server.start()
    server.stop()
    accounts = (server.data_dir / "accounts.yaml").read_text()
    for password in passwords.values():
        assert server.log.count(password) == 1
        assert password not in accounts
