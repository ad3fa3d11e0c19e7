"""Anonymity: nothing stored, logged or exported connects an anonymous report with its sender.

The tests search the rows and raw files of the database, the log, Redis, a backup, an export and the
metrics for words that only these people have.
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
from playwright.sync_api import expect
from sqlalchemy import MetaData, select, text

from issue_portal.models.vocabulary import Role
from tests.browser.conftest import RECEIVED
from tests.servers.installation import DATABASES, SECRET, Server, portal_server

ADDRESS, OTHER_ADDRESS = "203.0.113.77", "198.51.100.23"
AGENT, OTHER_AGENT = "QuirkBrowser/7.31", "VisitingBrowser/9.99"
EMAIL, NAME = "ines.quirk@example.com", "Ines Quirk"
USERNAME = "quirkina"
KEY = "a-quirky-key-of-32-characters-xx"
PEOPLE = ("users", "tokens")
"""Tables about people."""


@pytest.fixture(params=DATABASES)
def server(request, redis, tmp_path) -> Iterator[Server]:
    url = request.getfixturevalue("postgresql")() if request.param == "postgresql" else ""
    extra = {"ISSUES_RATE_LIMITS": redis[0], "ISSUES_DATABASE_URL": url, "ISSUES_LOG": "json"}
    server = portal_server(tmp_path / "data", **extra).start()
    yield server
    server.stop()


def rows(server: Server) -> dict[str, list[str]]:
    """Return every row of every table as text."""
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


def raw(server: Server) -> bytes:
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


def keys_in(url: str) -> set[bytes]:
    done = subprocess.run(["redis-cli", "-u", url, "KEYS", "*"], capture_output=True, check=True)
    return set(done.stdout.split())


def reports(person, words: str) -> str:
    """Send an anonymous report; return its receipt."""
    person.opens().chooses("Wrong answer").writes(words)
    toggle = person.page.get_by_label("Report anonymously")
    expect(toggle).to_be_checked()
    person.presses("Send report").sees(RECEIVED)
    return person.receipt()


def post(server: Server, token: str, words: str) -> str:
    answer = httpx.post(
        f"{server.url}/api/v1/app/issue",
        json={"description": words, "resource_type": "Thread", "type": "Other", "anonymous": True},
        headers={
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": KEY + words[-4:],
            "User-Agent": AGENT,
            "X-Forwarded-For": ADDRESS,
        },
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["receipt"]


def test_nothing_ties_an_anonymous_report_to_its_sender(people, server, redis, tmp_path):
    words = [f"Somebody's report {uuid.uuid4().hex[:8]}" for _ in range(4)]
    own_browser = {"user_agent": AGENT, "extra_http_headers": {"X-Forwarded-For": ADDRESS}}
    account = ("user", "add", EMAIL, "--name", NAME, "--username", USERNAME)
    password = server.run(*account).stdout.strip()
    ines = people(server, **own_browser).opens("/my_issues").signs_in(USERNAME, password)
    ines.sees("You haven't sent any reports with your name yet.")
    token = server.lasting_token("ines.quirk")
    cookie = next(c["value"] for c in ines.context.cookies() if c["name"] == "issue_portal")
    before, counted, logged = rows(server), keys_in(redis[0]), len(server.log)

    other_browser = {
        "user_agent": OTHER_AGENT,
        "extra_http_headers": {"X-Forwarded-For": OTHER_ADDRESS},
    }
    receipts = [
        reports(ines, words[0]),
        reports(people(server, **other_browser), words[1]),
        post(server, token, words[2]),
        post(server, server.guest_token("visitor-of-the-test"), words[3]),
    ]

    # Whoever has just reported looks at what became of it.
    look = {"json": {"receipt": receipts[3]}, "headers": {"X-Forwarded-For": ADDRESS}}
    look["headers"]["Authorization"] = f"Bearer {server.guest_token('visitor-of-the-test')}"
    assert httpx.post(f"{server.url}/api/v1/app/issue/receipt", **look).is_success

    # Nobody's row has changed: neither a token's last use nor a user. What is new has no person.
    after = rows(server)
    for table in PEOPLE:
        assert after[table] == before[table]
    of_people = "".join(row for table in PEOPLE for row in before[table])
    ids = re.findall(r"(?:user|acct|token)_[0-9a-f]{16}", of_people)
    marks = {*ids, EMAIL, NAME, USERNAME, ADDRESS, OTHER_ADDRESS, AGENT, OTHER_AGENT}
    assert len(ids) >= 4
    written = [row for table, values in after.items() if table not in PEOPLE for row in values]
    assert sum(any(word in row for word in words) for row in written) == 4
    assert not [(mark, row) for mark in marks for row in written if mark in row]

    # What was only ever said in passing is in no file at all: not in an index, not in the WAL.
    secrets = [password, token, cookie, SECRET]
    passing = [ADDRESS, OTHER_ADDRESS, AGENT, OTHER_AGENT, KEY, "visitor-of-the", *secrets]
    passing += [part for receipt in receipts for part in (receipt, receipt.replace("-", ""))]
    files = raw(server)
    assert all(word.encode() in files for word in words)
    assert not [said for said in passing if said.encode() in files]

    # Log, Redis and numbers of these minutes.
    log = server.log[logged:]
    assert '"route": "/v1/app/issue"' in log
    assert not [mark for mark in marks | set(passing) | set(words) if mark in log]
    assert keys_in(redis[0]) == counted
    numbers = httpx.get(f"{server.url}/api/metrics").text
    assert "issue_portal_request_seconds" in numbers
    assert not [mark for mark in marks | set(passing) if mark in numbers]

    # What is handed out.
    server.run("backup", str(tmp_path / "backup.gz"))
    lines = gzip.decompress((tmp_path / "backup.gz").read_bytes()).decode().splitlines()
    assert not [said for line in lines for said in passing if said in line]
    of_reports = [line for line in lines if any(word in line for word in words)]
    assert len(of_reports) == 4
    assert not [(mark, line) for line in of_reports for mark in marks if mark in line]
    exported = [
        json.loads(line) for line in server.run("export", "--format", "jsonl").stdout.splitlines()
    ]
    assert [issue["created_by"] for issue in exported] == [None] * 4
    with server.client(server.token("Reviewer", Role.ADMIN)) as client:
        for issue in client.iterate():
            assert issue.created_by is None
            assert [entry.by for entry in client.history(issue.id).data] == [None]
