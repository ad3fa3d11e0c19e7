"""Timeouts when the database hangs, and readiness."""

import os
import signal
import threading
from pathlib import Path
from unittest.mock import Mock

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from issue_portal.server.db import queries_organisations
from issue_portal.server.db.database import Database
from tests.waiting import wait_until


def test_readiness_is_checked_once_a_second_however_many_requests_ask(monkeypatch, tmp_path):
    """Anybody may ask, and on PostgreSQL each check takes a connection and some queries."""
    clock = Mock(monotonic=Mock(return_value=1000.0))
    monkeypatch.setattr("issue_portal.server.db.database.time", clock)
    database = Database(f"sqlite:///{tmp_path / 'issues.db'}")
    database.migrate()
    looks = Mock()
    event.listen(database.engine, "checkout", looks)
    assert [database.is_ready() for _ in range(50)] == [True] * 50
    assert looks.call_count == 1
    (tmp_path / "issues.db").write_bytes(b"no database any more" * 1000)
    clock.monotonic.return_value += 1.1
    assert not database.is_ready()
    database.close()


def test_database_that_hangs_is_not_ready(monkeypatch, tmp_path):
    monkeypatch.setattr("issue_portal.server.db.database._CHECK_INTERVAL", 0)
    monkeypatch.setattr("issue_portal.server.db.database._CHECK_TIMEOUT", 0.2)
    database = Database(f"sqlite:///{tmp_path / 'issues.db'}")
    database.migrate()
    assert database.is_ready()
    hangs, goes_on = threading.Event(), threading.Event()

    def look():
        hangs.set()
        return goes_on.wait(20)

    monkeypatch.setattr(database, "_check_ready", look)
    first = threading.Thread(target=database.is_ready)
    first.start()
    assert hangs.wait(20)
    wait_until(lambda: not database.is_ready())
    goes_on.set()
    first.join()
    assert database.is_ready()
    database.close()


def test_suspended_transaction_does_not_block_reports(postgresql):
    """The transaction had taken the next issue number, for which all others wait."""
    database = Database(postgresql())
    database.migrate()
    with database.write() as connection:
        org = queries_organisations.ensure_organisation(connection, "org")
    with pytest.raises(DBAPIError), database.write() as stands_still:
        queries_organisations.take_issue_numbers(stands_still, org)
        with database.write() as other:
            assert queries_organisations.take_issue_numbers(other, org) == 1
        queries_organisations.take_issue_numbers(stands_still, org)
    database.close()


def test_suspended_postgresql_times_out(monkeypatch, postgresql):
    """Regression: calls and readiness checks waited as long as the server was suspended."""
    monkeypatch.setattr("issue_portal.server.db.database._CHECK_INTERVAL", 0)
    monkeypatch.setattr("issue_portal.server.db.database._CHECK_TIMEOUT", 0.3)
    monkeypatch.setattr("issue_portal.server.db.database.CONNECT_TIMEOUT", 2)
    database = Database(postgresql())
    database.migrate()
    with database.read() as connection:
        process = connection.scalar(text("SELECT pg_backend_pid()"))
    stat = Path(f"/proc/{process}/stat").read_text()
    processes = process, int(stat.rpartition(")")[2].split()[1])
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        assert not database.is_ready()
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)
    assert database.is_ready()
    with (
        pytest.raises(DBAPIError, match=r"no response within 0\.3 seconds"),
        database.limit_response_time(0.3),
        database.write() as connection,
    ):
        connection.execute(text("SELECT pg_sleep(20)"))  # Ended long before, by the limit.
    # A change of the schema may take longer than the limit.
    with database.limit_response_time(0.3), database._schema_change() as connection:
        connection.execute(text("SELECT pg_sleep(0.6)"))
    assert database.is_ready()
    database.close()


def test_read_transactions_have_no_idle_timeout(postgresql):
    """Regression: PostgreSQL ended a backup whose disk was slow."""
    database = Database(postgresql())
    database.migrate()
    with database.read() as connection:
        query = text("SHOW idle_in_transaction_session_timeout")
        assert connection.scalar(query) == "0"
    database.close()
