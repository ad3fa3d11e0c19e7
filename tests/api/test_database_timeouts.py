"""Readiness, and timeouts when the database hangs."""

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
from tests.loops import run_in_loop
from tests.waiting import wait_until


def test_readiness_is_checked_at_most_once_per_second(monkeypatch, tmp_path):
    """Anyone can request readiness, and each check occupies a connection and runs queries."""
    clock = Mock(monotonic=Mock(return_value=1000.0))
    monkeypatch.setattr("issue_portal.server.db.database.time", clock)
    database = Database(f"sqlite:///{tmp_path / 'issues.db'}")
    database.migrate()
    on_checkout = Mock()
    event.listen(database.engine, "checkout", on_checkout)
    assert [database.is_ready() for _ in range(50)] == [True] * 50
    assert on_checkout.call_count == 1
    (tmp_path / "issues.db").write_bytes(b"not a database" * 1000)
    clock.monotonic.return_value += 1.1
    assert not database.is_ready()
    database.close()


def test_database_that_hangs_is_not_ready(monkeypatch, tmp_path):
    monkeypatch.setattr("issue_portal.server.db.database._CHECK_INTERVAL", 0)
    monkeypatch.setattr("issue_portal.server.db.database._CHECK_TIMEOUT", 0.2)
    database = Database(f"sqlite:///{tmp_path / 'issues.db'}")
    database.migrate()
    assert database.is_ready()
    is_hanging, resume = threading.Event(), threading.Event()

    def hang():
        is_hanging.set()
        return resume.wait(20)

    monkeypatch.setattr(database, "_check_ready", hang)
    thread = threading.Thread(target=database.is_ready)
    thread.start()
    assert is_hanging.wait(20)
    wait_until(lambda: not database.is_ready())
    resume.set()
    thread.join()
    assert database.is_ready()
    database.close()


def test_suspended_transaction_does_not_block_reports(postgresql):
    """PostgreSQL ends an idle transaction that has locked the issue numbers."""
    database = Database(postgresql())
    database.migrate()
    with database.write() as connection:
        org = queries_organisations.ensure_organisation(connection, "org")
    with pytest.raises(DBAPIError), database.write() as suspended:
        queries_organisations.take_issue_numbers(suspended, org)
        with database.write() as other:
            assert queries_organisations.take_issue_numbers(other, org) == 1
        queries_organisations.take_issue_numbers(suspended, org)
    database.close()


def test_suspended_postgresql_times_out(monkeypatch, postgresql):
    """Regression: calls and readiness checks waited until the server continued."""
    monkeypatch.setattr("issue_portal.server.db.database._CHECK_INTERVAL", 0)
    monkeypatch.setattr("issue_portal.server.db.database._CHECK_TIMEOUT", 0.3)
    monkeypatch.setattr("issue_portal.server.db.postgresql.CONNECT_TIMEOUT", 2)
    database = Database(postgresql())
    database.migrate()
    with database.read() as connection:
        backend_id = connection.scalar(text("SELECT pg_backend_pid()"))
    stat = Path(f"/proc/{backend_id}/stat").read_text()
    postmaster_id = int(stat.rpartition(")")[2].split()[1])
    process_ids = backend_id, postmaster_id
    for each_id in process_ids:
        os.kill(each_id, signal.SIGSTOP)
    try:
        assert not database.is_ready()
    finally:
        for each_id in process_ids:
            os.kill(each_id, signal.SIGCONT)
    assert database.is_ready()
    with (
        pytest.raises(DBAPIError, match=r"no response within 0\.3 seconds"),
        database.limit_response_time(0.3),
        database.write() as connection,
    ):
        connection.execute(text("SELECT pg_sleep(20)"))  # Ends after 0.3 s.
    # The limit does not apply to schema changes.
    with database.limit_response_time(0.3), database._schema_change() as connection:
        connection.execute(text("SELECT pg_sleep(0.6)"))
    assert database.is_ready()
    database.close()


async def read_scalar(database: Database, sql: str, *, snapshot: bool = False):
    return await database.read_postgresql(
        lambda connection: connection.scalar(text(sql)), snapshot=snapshot
    )


def test_read_on_the_event_loop_times_out(postgresql):
    database = Database(postgresql())

    async def run() -> None:
        with (
            pytest.raises(DBAPIError, match=r"no response within 0\.3 seconds"),
            database.limit_response_time(0.3),
        ):
            await read_scalar(database, "SELECT pg_sleep(20)")  # Ends after 0.3 s.
        assert await read_scalar(database, "SELECT 1") == 1
        await database.close_async()

    run_in_loop(run)


def test_reads_replace_connections_that_the_server_has_closed(monkeypatch, postgresql):
    monkeypatch.setattr("issue_portal.server.db.postgresql._CHECK_AFTER", 0)
    database = Database(postgresql())

    async def run() -> None:
        backend_id = await read_scalar(database, "SELECT pg_backend_pid()")
        assert await read_scalar(database, "SELECT pg_backend_pid()") == backend_id
        with database.read() as connection:
            terminate = f"SELECT pg_terminate_backend({backend_id}, 5000)"
            assert connection.scalar(text(terminate))
        assert await read_scalar(database, "SELECT pg_backend_pid()") != backend_id
        await database.close_async()

    run_in_loop(run)


def test_queries_of_a_snapshot_see_the_same_state(postgresql):
    database = Database(postgresql())
    database.migrate()

    def count_before_and_after(connection) -> list[int]:
        query = text("SELECT count(*) FROM organisations")
        before = connection.scalar(query)
        with database.write() as other:
            queries_organisations.ensure_organisation(other, f"org {before}")
        return [before, connection.scalar(query)]

    async def run() -> None:
        assert await database.read_postgresql(count_before_and_after, snapshot=True) == [0, 0]
        assert await database.read_postgresql(count_before_and_after, snapshot=False) == [1, 2]
        assert await read_scalar(database, "SHOW transaction_read_only", snapshot=True) == "on"
        await database.close_async()

    run_in_loop(run)


def test_read_transactions_have_no_idle_timeout(postgresql):
    """Regression: PostgreSQL ended the transaction of a backup to a slow disk."""
    database = Database(postgresql())
    database.migrate()
    with database.read() as connection:
        query = text("SHOW idle_in_transaction_session_timeout")
        assert connection.scalar(query) == "0"
    database.close()
