"""Rate limits per user of tokens and per visitor, in memory or, for replicas, in Redis."""

import re
import signal
import subprocess
import time
import uuid
from unittest.mock import Mock

import pytest

from issue_portal.core.problems import ProblemError
from issue_portal.core.rate_limiter import Limit, RateLimiter
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import Role
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.rate_limits import RateLimits
from tests.api.conftest import ApiCaller
from tests.api.problem_documents import assert_problem
from tests.loops import run_in_loop
from tests.servers.installation import SECRET, make_api_server, wait_for_responses
from tests.servers.processes import find_free_port

LOW_LIMITS = {
    "ISSUES_LIMIT_CREATE": "3/minute",
    "ISSUES_LIMIT_CREATE_VISITOR": "2/minute",
    "ISSUES_LIMIT_RECEIPT": "2/minute",
    "ISSUES_LIMIT_CALLS": "12/minute",
}
JSON = {"Content-Type": "application/json"}
REPORT = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}


@pytest.fixture(scope="module")
def limited_server(tmp_path_factory):
    """An API server with low limits."""
    server = make_api_server(tmp_path_factory.mktemp("limits") / "data", **LOW_LIMITS).start()
    yield server
    server.stop()


def make_visitor(server) -> ApiCaller:
    return ApiCaller(server.url, server.visitor_token(uuid.uuid4().hex))


def make_person(server) -> ApiCaller:
    return ApiCaller(server.url, server.token(uuid.uuid4().hex))


def create(caller):
    return caller("POST", "/issue", json=REPORT)


def look_up(caller):
    return caller("POST", "/issue/receipt", json={"receipt": "0000-0000-0000-0000"})


@pytest.mark.parametrize(
    ("make_caller", "call", "allowed", "status"),
    [
        (make_person, create, 3, 201),
        (make_visitor, create, 2, 201),
        (make_visitor, look_up, 2, 404),
    ],
)
def test_requests_over_the_limit_are_refused_with_retry_after(
    limited_server, make_caller, call, allowed, status
):
    caller = make_caller(limited_server)
    for used in range(1, allowed + 1):
        response = call(caller)
        assert response.status_code == status
        assert f"r={allowed - used};" in response.headers["RateLimit"]
        assert f"q={allowed};w=60" in response.headers["RateLimit-Policy"]
    refused = call(caller)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "r=0;" in refused.headers["RateLimit"]
    assert call(make_caller(limited_server)).status_code == status


def test_long_report_uses_up_more_of_the_limit(limited_server):
    """Otherwise, ten of the longest reports per second would fill 370 MB of disk per minute."""
    caller = make_person(limited_server)
    long_report = REPORT | {"description": "x" * 2_000}
    assert caller("POST", "/issue", json=long_report).status_code == 201
    assert create(caller).status_code == 429
    # The first report is accepted even if it counts more than the whole limit.
    longest_report = REPORT | {"description": "x" * 10_000}
    assert make_person(limited_server)("POST", "/issue", json=longest_report).status_code == 201


def test_edited_text_counts_as_a_report_of_the_same_length(limited_server):
    """Otherwise, edits could fill the disk ten times as fast as reports."""
    caller = make_person(limited_server)
    named = REPORT | {"anonymous": False}
    issue = f"/issue/{caller('POST', '/issue', json=named).json()['id']}"
    assert caller("PUT", issue, json={"type": "Format"}).status_code == 200
    changed = caller("PUT", issue, json={"description": "y" * 1_000})
    assert changed.status_code == 200
    assert "r=0;" in changed.headers["RateLimit"]
    assert caller("PUT", issue, json={"description": "z"}).status_code == 429
    assert caller("PUT", issue, json={"type": "Other"}).json()["description"] == "y" * 1_000


def test_reading_with_a_portal_token_is_not_limited(limited_server):
    caller = make_person(limited_server)
    for _ in range(15):
        assert caller("GET", "/issue").status_code == 200
    assert "RateLimit" not in caller("GET", "/issue").headers


def make_script(server, role: Role = Role.ADMIN) -> ApiCaller:
    return ApiCaller(server.url, server.create_api_token(uuid.uuid4().hex, role))


def get_calls_left(response) -> int:
    return int(re.search(r'"calls";r=(\d+);t=\d+', response.headers["RateLimit"])[1])


def test_reads_and_changes_of_an_api_token_are_limited(limited_server):
    script = make_script(limited_server)
    report = script("POST", "/issue", json=REPORT | {"anonymous": False})
    path = f"/issue/{report.json()['id']}"
    responses = [
        script("GET", path),
        script("HEAD", path),
        script("GET", "/issue/nothing"),
        script("GET", "/nothing"),
        script("PATCH", path, json={"is_read": True}),
        script("DELETE", path),
        script("POST", f"{path}/restore"),
    ]
    new_token = {"name": "x", "scopes": ["read"], "expires_in_days": 1}
    responses.append(script("POST", "/me/token", json=new_token))
    statuses = [response.status_code for response in responses]
    assert statuses == [200, 200, 404, 404, 200, 204, 200, 403]
    assert [get_calls_left(response) for response in responses] == [11, 10, 9, 8, 7, 6, 5, 4]
    for response in responses:
        assert response.headers["RateLimit-Policy"] == '"calls";q=12;w=60'
    bulk = {"ids": ["issue_1", "issue_2", "issue_3"], "change": {"is_read": True}}
    assert get_calls_left(script("POST", "/issue/bulk", json=bulk)) == 1
    assert script("GET", path).status_code == 200
    refused = script("GET", path)
    assert assert_problem(refused, 429)["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert get_calls_left(refused) == 0
    # Another token, a person, and a report with the same token.
    for caller in (make_script(limited_server), make_person(limited_server)):
        assert caller("GET", "/issue").status_code == 200
    assert create(script).status_code == 201


def test_all_tokens_of_a_user_share_the_limit(limited_server):
    name = uuid.uuid4().hex
    tokens = [limited_server.create_api_token(name, Role.ADMIN) for _ in range(2)]
    first, second = (ApiCaller(limited_server.url, token) for token in tokens)
    left = get_calls_left(first("GET", "/issue"))
    assert get_calls_left(second("GET", "/issue")) == left - 1


def test_reports_and_receipts_do_not_count_as_calls(limited_server):
    """Otherwise, the counter would show when a token sent an anonymous report."""
    script = make_script(limited_server)
    assert get_calls_left(script("GET", "/issue")) == 11
    for response in (create(script), look_up(script)):
        assert "calls" not in response.headers["RateLimit"]
    assert get_calls_left(script("GET", "/issue")) == 10


def test_response_has_the_state_of_every_limit_that_counts(limited_server):
    script = make_script(limited_server)
    report = script("POST", "/issue", json=REPORT | {"anonymous": False})
    changed = script("PUT", f"/issue/{report.json()['id']}", json={"description": "y"})
    assert changed.headers["RateLimit-Policy"] == '"calls";q=12;w=60, "create";q=3;w=60'
    state = r'"calls";r=11;t=\d+, "create";r=1;t=\d+'
    assert re.fullmatch(state, changed.headers["RateLimit"])


def test_default_limit_of_calls_is_1200_per_minute():
    limits = RateLimits(Settings(_env_file=None), SecretKeys(SECRET))
    script = Principal(Role.MEMBER, "user_1", "token 1", "1")

    async def count_calls(count):
        for _ in range(count):
            await limits.count_calls(script, {})

    run_in_loop(lambda: count_calls(1_200))
    with pytest.raises(ProblemError) as refused:
        run_in_loop(lambda: count_calls(1))
    assert refused.value.status == 429


def test_tokens_at_one_address_have_separate_limits(limited_server):
    script = make_script(limited_server, Role.MEMBER)
    for _ in range(4):
        last = create(script)
    assert last.status_code == 429
    assert create(make_person(limited_server)).status_code == 201


def test_replicas_share_limits_and_keep_working_without_redis(redis, postgresql, tmp_path):
    url, process = redis
    shared = LOW_LIMITS | {"ISSUES_RATE_LIMITS": url, "ISSUES_DATABASE_URL": postgresql()}
    replicas = [make_api_server(tmp_path / name, **shared).start() for name in ("a", "b")]
    try:
        name = uuid.uuid4().hex
        first, second = (ApiCaller(r.url, r.token(name)) for r in replicas)
        named = REPORT | {"anonymous": False}
        responses = [c("POST", "/issue", json=named) for c in (first, second, first, second)]
        assert [response.status_code for response in responses] == [201, 201, 201, 429]
        token = replicas[0].create_api_token(name)
        scripts = [ApiCaller(replica.url, token) for replica in replicas]
        assert [get_calls_left(script("GET", "/issue")) for script in scripts] == [11, 10]
        # Anonymous reports and receipt lookups are counted in memory only.
        size_before = subprocess.run(
            ["redis-cli", "-u", url, "DBSIZE"], capture_output=True, check=True
        )
        first, second = (ApiCaller(r.url, r.visitor_token(name)) for r in replicas)
        assert create(first).status_code == create(second).status_code == 201
        assert look_up(first).status_code == look_up(second).status_code == 404
        size_after = subprocess.run(
            ["redis-cli", "-u", url, "DBSIZE"], capture_output=True, check=True
        )
        assert size_after.stdout == size_before.stdout
        process.kill()
        process.wait()
        assert look_up(make_visitor(replicas[0])).status_code == 404
        assert scripts[0]("GET", "/issue").status_code == 200
    finally:
        for replica in replicas:
            replica.stop()


def test_limiter_waits_only_once_for_unresponsive_redis(redis, monkeypatch):
    """Regression: each count waited a second for Redis, so a sign-in took eight seconds."""
    url, process = redis
    clock = Mock(monotonic=Mock(return_value=1000.0), time=time.time)
    monkeypatch.setattr("issue_portal.core.rate_limiter.time", clock)
    limiter = RateLimiter(Settings(rate_limits=url, _env_file=None))
    limit = Limit.parse("test", "", "2/minute")
    assert limiter.take(limit, "me").left == 1
    hit = Mock(wraps=limiter._shared.hit)
    monkeypatch.setattr(limiter._shared, "hit", hit)
    process.send_signal(signal.SIGSTOP)
    assert [limiter.take(limit, "me").allowed for _ in range(10)] == [True] * 2 + [False] * 8
    assert hit.call_count == 1
    process.send_signal(signal.SIGCONT)
    clock.monotonic.return_value += 11
    assert limiter.take(limit, "me").left == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISSUES_RATE_LIMITS", "sometimes"),
        ("ISSUES_LIMIT_CREATE", "a lot"),
        ("ISSUES_LIMIT_CALLS", "-1"),
    ],
)
def test_invalid_limits_are_reported_at_start(tmp_path, name, value):
    process = make_api_server(tmp_path / "data", **{name: value}).run_command(
        "serve", "--port", str(find_free_port())
    )
    assert process.returncode == 1
    assert len(process.stderr.strip().splitlines()) == 1
    assert value in process.stderr or name in process.stderr


def test_delay_of_a_token_grows_with_number_size_and_duration_of_its_calls(monkeypatch):
    """Without delays, 16 concurrent bodies of 200 kB make other callers wait 50 times as long."""
    slept: list[float] = []

    async def sleep(seconds):
        slept.append(seconds)
        clock.monotonic.return_value += max(seconds, 0.001)

    clock = Mock(monotonic=Mock(return_value=1000.0))
    monkeypatch.setattr("issue_portal.core.token_bucket.time", clock)
    monkeypatch.setattr("issue_portal.core.token_bucket.asyncio.sleep", sleep)
    limits = RateLimits(Settings(_env_file=None), SecretKeys(SECRET))
    script = Principal(Role.MEMBER, "user_1", "token 1", "1")

    async def delay_calls(principal, calls, size):
        for _ in range(calls):
            await limits.delay(principal, size)
        return sum(slept)

    assert run_in_loop(lambda: delay_calls(script, 400, 0)) == 0
    assert run_in_loop(lambda: delay_calls(script, 100, 0)) == pytest.approx(1, rel=0.05)
    assert run_in_loop(lambda: delay_calls(script, 4, 200_000)) > 2
    slept.clear()
    clock.monotonic.return_value += 1000

    async def delay_and_wait(calls):
        for _ in range(calls):
            await limits.delay(script, 0)
            await limits.wait_until_within_limit(script)  # Does not count the call again.
        return sum(slept)

    assert run_in_loop(lambda: delay_and_wait(300)) == 0
    clock.monotonic.return_value += 1000

    async def delay_changes(calls):
        for _ in range(calls):
            await limits.delay(script, 0, is_change=True)
        return sum(slept)

    assert run_in_loop(lambda: delay_changes(80)) == 0
    assert run_in_loop(lambda: delay_changes(40)) == pytest.approx(2, rel=0.05)
    slept.clear()
    clock.monotonic.return_value += 1000

    async def delay_bulk_change(changes):
        await limits.delay(script, 0)
        await limits.delay_changes(script, changes)
        await limits.delay(script, 0)
        return sum(slept)

    assert run_in_loop(lambda: delay_bulk_change(79)) == 0
    clock.monotonic.return_value += 1000
    assert run_in_loop(lambda: delay_bulk_change(100)) == pytest.approx(1, rel=0.05)
    # The duration of calls counts, too: 60 lists of 100 issues per second made other callers wait.
    slept.clear()
    clock.monotonic.return_value += 1000
    run_in_loop(lambda: delay_calls(script, 1, 0))
    for _ in range(200):
        limits.charge_seconds(script, 0.006)
    assert run_in_loop(lambda: delay_calls(script, 1, 0)) == pytest.approx(2, rel=0.05)
    # Calls with portal tokens are not counted per token. The portal counts per address.
    person = Principal(Role.MEMBER, "user_1", "user_1")
    limits.charge_seconds(person, 9.0)
    slept.clear()
    assert run_in_loop(lambda: delay_calls(person, 1000, 0)) == 0

    async def delay_refusals(address, calls):
        for _ in range(calls):
            await limits.delay_refusal(address)
        return sum(slept)

    assert run_in_loop(lambda: delay_refusals("", 1000)) == 0
    assert run_in_loop(lambda: delay_refusals("198.51.100.1", 200)) == 0
    assert run_in_loop(lambda: delay_refusals("198.51.100.1", 20)) == pytest.approx(1, rel=0.05)


def test_body_with_too_many_or_too_deeply_nested_objects_is_refused(limited_server):
    for body in ("[" + "{}," * 60_000 + "{}]", '{"a":' * 60 + "1" + "}" * 60):
        response = make_person(limited_server)("POST", "/issue", content=body, headers=JSON)
        assert response.status_code == 400
        assert "objects" in response.json()["detail"]


def test_concurrent_calls_of_one_caller_are_limited(limited_server):
    """Regression: 1,300 unfinished bodies blocked the API for everyone."""
    token = limited_server.token(uuid.uuid4().hex)
    with limited_server.unfinished_reports(token, 40) as connections:
        assert make_person(limited_server)("GET", "/issue").status_code == 200
        # The server waits for 16 bodies and refuses the others.
        assert [c.recv(12) for c in wait_for_responses(connections, 24)] == [b"HTTP/1.1 429"] * 24
