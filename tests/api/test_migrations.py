"""Migrations from each earlier version of the database schema."""

import itertools
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.requests import NewIssue
from issue_portal.server.db import count_rollups
from issue_portal.server.db.database import MIGRATIONS
from issue_portal.server.db.search import fold
from tests.api.conftest import ApiCaller
from tests.api.naive_model import DURATION_TOLERANCE
from tests.servers.installation import DATABASES, SECRET, Server, make_api_server
from tests.servers.processes import ROOT

SCRIPTS = ScriptDirectory(str(MIGRATIONS))
REVISIONS = sorted(script.revision for script in SCRIPTS.walk_revisions())

KEYS = SecretKeys(SECRET)
ORG, REVIEWER, MEMBER = "org_0000000000000001", "user_000000000000000a", "user_000000000000000b"
CREATED_AT = int(time.time()) - 5000
NAMES = {REVIEWER: "Reviewer", MEMBER: "Member"}

# Number, state, text, reporter, and state changes: new state, and seconds since the creation.
ISSUES = [
    (1, "NotReviewed", "Die Straße 日本語", MEMBER, []),
    (2, "InReview", "ÄRGER in %_\\", MEMBER, [("InReview", 100)]),
    (3, "Closed", "İstanbul 🙂", MEMBER, [("InReview", 200), ("Closed", 500)]),
    (4, "InReview", "reopened", REVIEWER, [("Closed", 300), ("InReview", 400)]),
    (5, "Deleted", "gone", MEMBER, [("Deleted", 10)]),
    (7, "NotReviewed", "anonymous Ⅳ", None, []),
]
RECEIPT = "1234567890123456"
KEY = "a-key-of-an-earlier-version"


def make_issue_id(number: int) -> str:
    return f"issue_{number:016x}"


def make_events(number: int, reporter: str | None, state_changes: list) -> list[dict]:
    """Return the history of an issue as the database stores it."""
    created_at = CREATED_AT + number
    events = [{"at": created_at, "action": "created", "actor": reporter, "changes": []}]
    old_state = "NotReviewed"
    for new_state, seconds in state_changes:
        change = {"field": "state", "old": old_state, "new": new_state}
        action = "deleted" if new_state == "Deleted" else "updated"
        events.append(
            {"at": created_at + seconds, "action": action, "actor": REVIEWER, "changes": [change]}
        )
        old_state = new_state
    return events


def make_request_body(description: str) -> dict:
    """Return the body of the request that created issue 1."""
    return {
        "description": description,
        "resource_type": "Thread",
        "type": "Other",
        "anonymous": False,
        "project_id": "p",
        "config": {"thread_id": "t", "reported_interaction_id": "i"},
    }


def fill(connection: Connection, tables: MetaData) -> None:
    """Add rows as an earlier version did, with only the columns of that version."""

    def add(table: str, **values) -> None:
        columns = tables.tables[table].columns
        existing = {name: value for name, value in values.items() if name in columns}
        connection.execute(insert(tables.tables[table]).values(existing))

    add("organisations", org_id=ORG, slug="default", created_at=CREATED_AT, last_issue_number=7)
    for user, role in [(REVIEWER, "AppAdmin"), (MEMBER, "AppMember")]:
        fields = {"name": NAMES[user], "email": f"{user}@x.y", "state": "Active", "role": role}
        add("users", org_id=ORG, id=user, account_id="acct_1", created_at=CREATED_AT, **fields)
        token_hash = KEYS.hash("token", f"ipat_{user}")
        token = {"id": f"token_{user[5:]}", "hash": token_hash, "user_id": user, "role": role}
        add("tokens", org_id=ORG, created_at=CREATED_AT, **token)
    for number, state, description, reporter, state_changes in ISSUES:
        times = {name: CREATED_AT + number + seconds for name, seconds in state_changes}
        add(
            "issues",
            org_id=ORG,
            id=make_issue_id(number),
            number=number,
            description=description,
            search_text=fold(description),
            resource_type="Thread",
            type="Other",
            state=state,
            is_read=state != "NotReviewed",
            thread_id="t",
            reported_interaction_id="i",
            project_id="p",
            created_at=CREATED_AT + number,
            updated_at=CREATED_AT + number + (state_changes[-1][1] if state_changes else 0),
            reviewed_at=min(times.values()) if times and state != "Deleted" else None,
            closed_at=times.get("Closed") if state == "Closed" else None,
            created_by=reporter,
            receipt_hash=KEYS.hash("receipt", ORG, RECEIPT) if reporter is None else None,
        )
        for position, event in enumerate(make_events(number, reporter, state_changes), 1):
            add("history", org_id=ORG, issue_id=make_issue_id(number), position=position, **event)
    body = NewIssue.model_validate(make_request_body(ISSUES[0][2])).model_dump_json()
    add(
        "idempotency",
        org_id=ORG,
        key_hash=KEYS.hash("idempotency", MEMBER, KEY),
        body_hash=KEYS.hash("idempotency/body", body),
        issue_id=make_issue_id(1),
        created_at=CREATED_AT,
    )


@pytest.fixture
def make_server(database_url, tmp_path):
    """A function that makes servers on the same database; the test starts them."""
    servers: list[Server] = []

    def make() -> Server:
        servers.append(make_api_server(tmp_path / "data", ISSUES_DATABASE_URL=database_url))
        servers[-1].data_dir.mkdir(exist_ok=True)
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="module", params=itertools.product(DATABASES, REVISIONS), ids="-".join)
def migrated_server(request, postgresql, tmp_path_factory) -> Iterator[Server]:
    """A server on a database that it has migrated from an earlier version."""
    kind, revision = request.param
    url = postgresql() if kind == "postgresql" else ""
    data_dir = tmp_path_factory.mktemp(f"{kind}-{revision}") / "data"
    data_dir.mkdir()
    server = make_api_server(data_dir, ISSUES_DATABASE_URL=url)
    server.database.migrate(revision)
    # Reflecting takes longer on a busy machine than a transaction of `write` may be idle.
    tables = MetaData()
    tables.reflect(server.database.engine)
    with server.database.write() as connection:
        fill(connection, tables)
        if "issue_counts" in tables.tables:
            count_rollups.rebuild(connection, ORG)
    yield server.start()
    server.stop()


def format_time(seconds: int) -> str:
    """Format Unix time as the API does."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def test_migrations_keep_all_data(migrated_server):
    reviewer = ApiCaller(migrated_server.url, f"ipat_{REVIEWER}")
    member = ApiCaller(migrated_server.url, f"ipat_{MEMBER}")
    all_states = "NotReviewed,InReview,Closed,Deleted"
    issues = {
        issue["id"]: issue
        for issue in reviewer.list_issues(states=all_states, include="Project,User")
    }
    for number, state, description, reporter, state_changes in ISSUES:
        issue = issues[make_issue_id(number)]
        assert (issue["created_by"] or {}).get("id") == reporter
        assert issue | {"created_by": None} == {
            "id": make_issue_id(number),
            "issue_number": number,
            "description": description,
            "resource_type": "Thread",
            "type": "Other",
            "state": state,
            "is_read": state != "NotReviewed",
            "data": {"thread_id": "t", "reported_interaction_id": "i"},
            "created_at": format_time(CREATED_AT + number),
            "updated_at": format_time(
                CREATED_AT + number + (state_changes[-1][1] if state_changes else 0)
            ),
            "created_by": None,
            "project": {"id": "p", "name": "p"},
        }
        if state != "Deleted":
            assert reviewer("GET", f"/issue/{issue['id']}").json() == issue
            history = reviewer("GET", f"/issue/{issue['id']}/history").json()["data"]
            assert history == [
                {
                    "at": format_time(event["at"]),
                    "action": event["action"],
                    "by": {"id": event["actor"], "name": NAMES[event["actor"]]}
                    if event["actor"]
                    else None,
                    "changes": event["changes"],
                }
                for event in make_events(number, reporter, state_changes)
            ]

    # Idempotency keys, receipts and issue numbers still work.
    repeated = member(
        "POST", "/issue", json=make_request_body(ISSUES[0][2]), headers={"Idempotency-Key": KEY}
    )
    assert repeated.json()["id"] == make_issue_id(1)
    view = member("POST", "/issue/receipt", json={"receipt": RECEIPT}).json()
    assert (view["issue_number"], view["description"]) == (7, "anonymous Ⅳ")
    assert member.report("more")["issue_number"] == 8


@pytest.mark.parametrize(
    ("search", "number"),
    [
        ("STRASSE", 1),
        ("本語", 1),
        ("語", 1),
        ("ärger", 2),
        ("%_\\", 2),
        ("_", 2),
        ("🙂", 3),
        ("iv", 7),
    ],
)
def test_search_finds_texts_of_earlier_versions(migrated_server, search, number):
    issues = ApiCaller(migrated_server.url, f"ipat_{REVIEWER}").list_issues(filter_by_text=search)
    assert [issue["issue_number"] for issue in issues] == [number]


def test_migration_fills_in_review_times(migrated_server):
    stats = ApiCaller(migrated_server.url, f"ipat_{REVIEWER}")("GET", "/issue/stats").json()
    approximate = partial(pytest.approx, rel=DURATION_TOLERANCE)
    expected = {"count": 3, "median": approximate(200), "p90": approximate(300)}
    assert stats["time_to_review"] == expected
    only = approximate(500)
    assert stats["time_to_close"] == {"count": 1, "median": only, "p90": only}


def test_foreign_keys_are_enforced(migrated_server):
    row = "'org_0000000000000001', 'issue_nowhere', 1, 0, 'created', null, '[]'"
    with pytest.raises(IntegrityError), migrated_server.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO history (org_id, issue_id, position, at, action, actor, changes)"
                f" VALUES ({row})"
            )
        )


def test_database_of_a_newer_version_is_refused_with_a_one_line_error(make_server):
    server = make_server()
    server.database.migrate()
    with server.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    command = {"args": server.command, "env": server.env, "cwd": ROOT}
    process = subprocess.run(**command, capture_output=True, text=True, check=False, timeout=60)
    assert process.returncode == 1
    assert "newer version" in process.stderr
    assert len((process.stdout + process.stderr).splitlines()) == 1


def test_two_servers_can_start_at_once_on_an_empty_database(make_server):
    servers = [make_server(), make_server()]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Server.start, servers))
    callers = [ApiCaller(server.url, server.token("Member")) for server in servers]
    numbers = [caller.report()["issue_number"] for caller in callers]
    assert numbers == [1, 2]
    assert [len(caller.list_issues()) for caller in callers] == [2, 2]
    assert "Traceback" not in servers[0].log


def test_every_key_and_index_starts_with_the_organisation(api_on):
    """Citus needs this to distribute tables. docs/scaling.md names the exceptions."""
    database = inspect(api_on("postgresql").database.engine)
    first_columns = {}
    for table in set(database.get_table_names()) - {"alembic_version"}:
        key = database.get_pk_constraint(table)
        first_columns[key["name"]] = key["constrained_columns"][0]
        for index in database.get_indexes(table):
            first_columns[index["name"]] = index["column_names"][0]
        for reference in database.get_foreign_keys(table):
            first_columns[reference["name"]] = reference["constrained_columns"][0]
    exceptions = {name for name, column in first_columns.items() if column != "org_id"}
    assert exceptions == {"organisations_slug_key", "ix_issue_text"}
