"""Anonymity: nothing stored, logged or exported connects an anonymous report with its sender.

The test searches the rows and raw files of the database, the log, Redis, a backup, an export and
the metrics for names, addresses and secrets of the senders.
"""

import gzip
import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import MetaData, select, text

from issue_portal.models.vocabulary import Role
from tests.browser.conftest import RECEIVED
from tests.servers.installation import DATABASES, SECRET, Server, make_portal_server

ADDRESS, OTHER_ADDRESS = "203.0.113.77", "198.51.100.23"
USER_AGENT, OTHER_USER_AGENT = "QuirkBrowser/7.31", "VisitingBrowser/9.99"
EMAIL, NAME = "ines.quirk@example.com", "Ines Quirk"
USERNAME = "quirkina"
KEY_PREFIX = "a-quirky-key-of-32-characters-xx"
PEOPLE_TABLES = ("users", "tokens")
"""Tables with personal data."""


@pytest.fixture(params=DATABASES)
def server(request, redis, tmp_path) -> Iterator[Server]:
    """A portal on either database that counts rate limits in Redis."""
    url = request.getfixturevalue("postgresql")() if request.param == "postgresql" else ""
    extra = {"ISSUES_RATE_LIMITS": redis[0], "ISSUES_DATABASE_URL": url, "ISSUES_LOG": "json"}
    server = make_portal_server(tmp_path / "data", **extra).start()
    yield server
    server.stop()


def read_rows(server: Server) -> dict[str, list[str]]:
    """Return all rows as text, by table."""
    database = server.database
    tables = MetaData()
    with database.read() as connection:
        tables.reflect(connection, resolve_fks=False)
        values = {
            name: [repr(tuple(row)) for row in connection.execute(select(table))]
            for name, table in tables.tables.items()
        }
    database.close()
    return values


def read_files(server: Server) -> bytes:
    """Return the bytes of the database files, the data directory and the log."""
    database = server.database
    folders = [server.data_dir]
    if server.env.get("ISSUES_DATABASE_URL"):
        with database.engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
            folders.append(Path(connection.scalar(text("SHOW data_directory"))))
    database.close()
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return b"".join(file.read_bytes() for file in files) + server.log.encode()


def redis_keys(url: str) -> set[bytes]:
    result = subprocess.run(["redis-cli", "-u", url, "KEYS", "*"], capture_output=True, check=True)
    return set(result.stdout.split())


def report_in_browser(person, words: str) -> str:
    """Send an anonymous report; return its receipt."""
    person.opens().chooses("Wrong answer").writes(words)
    person.expects_identity(by_name=False)
    person.presses("Send report").sees(RECEIVED)
    return person.receipt()


def report_by_api(server: Server, token: str, words: str) -> str:
    """Send an anonymous report; return its receipt."""
    response = httpx.post(
        f"{server.url}/api/v1/app/issue",
        json={"description": words, "resource_type": "Thread", "type": "Other", "anonymous": True},
        headers={
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": KEY_PREFIX + words[-4:],
            "User-Agent": USER_AGENT,
            "X-Forwarded-For": ADDRESS,
        },
    )
    assert response.status_code == 201, response.text
    return response.json()["receipt"]


def test_nothing_ties_an_anonymous_report_to_its_sender(new_person, server, redis, tmp_path):
    words = [f"Somebody's report {uuid.uuid4().hex[:8]}" for _ in range(4)]
    own_browser = {"user_agent": USER_AGENT, "extra_http_headers": {"X-Forwarded-For": ADDRESS}}
    account = ("user", "add", EMAIL, "--name", NAME, "--username", USERNAME)
    password = server.run_command(*account).stdout.strip()
    ines = new_person(server, **own_browser).opens("/my_issues").signs_in(USERNAME, password)
    ines.sees("You haven't sent any reports with your name yet.")
    token = server.create_api_token("ines.quirk")
    cookie = next(c["value"] for c in ines.context.cookies() if c["name"] == "issue_portal")
    before, keys_before, log_length = read_rows(server), redis_keys(redis[0]), len(server.log)

    other_browser = {
        "user_agent": OTHER_USER_AGENT,
        "extra_http_headers": {"X-Forwarded-For": OTHER_ADDRESS},
    }
    receipts = [
        report_in_browser(ines, words[0]),
        report_in_browser(new_person(server, **other_browser), words[1]),
        report_by_api(server, token, words[2]),
        report_by_api(server, server.visitor_token("visitor-of-the-test"), words[3]),
    ]

    # The sender looks up the receipt.
    lookup = {"json": {"receipt": receipts[3]}, "headers": {"X-Forwarded-For": ADDRESS}}
    lookup["headers"]["Authorization"] = f"Bearer {server.visitor_token('visitor-of-the-test')}"
    assert httpx.post(f"{server.url}/api/v1/app/issue/receipt", **lookup).is_success

    # The rows about people are as before: for example, no token has a new last use. New rows name
    # no person.
    after = read_rows(server)
    for table in PEOPLE_TABLES:
        assert after[table] == before[table]
    people_rows = "".join(row for table in PEOPLE_TABLES for row in before[table])
    ids = re.findall(r"(?:user|acct|token)_[0-9a-f]{16}", people_rows)
    identifiers = {
        *ids,
        EMAIL,
        NAME,
        USERNAME,
        ADDRESS,
        OTHER_ADDRESS,
        USER_AGENT,
        OTHER_USER_AGENT,
    }
    assert len(ids) >= 4
    other_rows = [
        row for table, values in after.items() if table not in PEOPLE_TABLES for row in values
    ]
    assert sum(any(word in row for word in words) for row in other_rows) == 4
    assert not [(text, row) for text in identifiers for row in other_rows if text in row]

    # Addresses, user agents, keys, receipts and secrets of requests are in no file, index or WAL.
    credentials = [password, token, cookie, SECRET]
    secrets = [
        ADDRESS,
        OTHER_ADDRESS,
        USER_AGENT,
        OTHER_USER_AGENT,
        KEY_PREFIX,
        "visitor-of-the",
        *credentials,
    ]
    secrets += [part for receipt in receipts for part in (receipt, receipt.replace("-", ""))]
    files = read_files(server)
    assert all(word.encode() in files for word in words)
    assert not [secret for secret in secrets if secret.encode() in files]

    # The log, Redis and the metrics contain none of these texts.
    log = server.log[log_length:]
    assert '"route": "/v1/app/issue"' in log
    assert not [text for text in identifiers | set(secrets) | set(words) if text in log]
    assert redis_keys(redis[0]) == keys_before
    metrics = httpx.get(f"{server.url}/api/metrics").text
    assert "issue_portal_request_seconds" in metrics
    assert not [text for text in identifiers | set(secrets) if text in metrics]

    # The backup has no secrets and no identifiers of senders; export and API name no creator.
    server.run_command("backup", str(tmp_path / "backup.gz"))
    lines = gzip.decompress((tmp_path / "backup.gz").read_bytes()).decode().splitlines()
    assert not [secret for line in lines for secret in secrets if secret in line]
    report_lines = [line for line in lines if any(word in line for word in words)]
    assert len(report_lines) == 4
    assert not [(text, line) for line in report_lines for text in identifiers if text in line]
    exported = [
        json.loads(line)
        for line in server.run_command("export", "--format", "jsonl").stdout.splitlines()
    ]
    assert [issue["created_by"] for issue in exported] == [None] * 4
    with server.client(server.token("Reviewer", Role.ADMIN)) as client:
        for issue in client.iterate():
            assert issue.created_by is None
            assert [entry.by for entry in client.history(issue.id).data] == [None]
