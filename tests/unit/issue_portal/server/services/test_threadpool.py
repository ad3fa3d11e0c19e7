"""Short reads run on the event loop; others are stopped and left to a thread."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from issue_portal.core.problems import IssueNotFoundError
from issue_portal.server.db.database import Database
from issue_portal.server.services.threadpool import read_on_event_loop

SLOW_QUERY = text(
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 50000000)"
    " SELECT max(n) FROM numbers"
)


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'issues.db'}")
    database.migrate()
    yield database
    database.close()


def read_one(connection) -> int:
    return connection.scalar(text("SELECT 1"))


def test_short_read_returns_its_result(database):
    outcome = read_on_event_loop(database, read_one)
    assert outcome is not None
    assert outcome.value == 1


def test_long_read_is_stopped_and_the_next_one_works(database):
    started = time.monotonic()
    assert read_on_event_loop(database, lambda connection: connection.scalar(SLOW_QUERY)) is None
    assert time.monotonic() - started < 1  # The whole query takes about ten seconds.
    assert read_on_event_loop(database, read_one)


def test_error_of_the_function_is_not_hidden(database):
    def refuse(_connection):
        raise IssueNotFoundError

    with pytest.raises(IssueNotFoundError):
        read_on_event_loop(database, refuse)
    assert read_on_event_loop(database, read_one)


def test_later_reads_see_later_writes(database):
    count = text("SELECT count(*) FROM organisations")
    assert read_on_event_loop(database, lambda c: c.scalar(count)).value == 0
    with database.write() as connection:
        connection.execute(text("INSERT INTO organisations VALUES ('o', 's', 0, 0, NULL)"))
    assert read_on_event_loop(database, lambda c: c.scalar(count)).value == 1


def test_reads_on_a_starved_processor_are_left_to_a_thread_and_later_ones_work(
    database, monkeypatch
):
    """Regression: SQLite stopped BEGIN or COMMIT, and all later reads failed."""
    with monkeypatch.context() as patch:
        patch.setattr("issue_portal.server.db.database._BRIEF_SECONDS", 0)
        outcomes = {bool(read_on_event_loop(database, read_one)) for _ in range(2_000)}
    assert outcomes == {True, False}
    assert read_on_event_loop(database, read_one)
