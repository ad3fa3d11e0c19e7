"""Rate limits: per token and per visitor, in memory or in a Redis that replicas share."""

import signal
import subprocess
import time
import uuid
from unittest.mock import AsyncMock, Mock

import pytest

from issue_portal.core.rate_limiter import Limit, RateLimiter
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import Role
from issue_portal.server.db.database import Database
from issue_portal.server.http.response_cache import ResponseCacheMiddleware
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.rate_limits import RateLimits
from issue_portal.server.services.read_cache import ReadCache
from tests.api.conftest import Caller
from tests.loops import run_in_loop
from tests.servers.installation import SECRET, answered, api_server
from tests.servers.processes import free_port

FEW = {
    "ISSUES_LIMIT_CREATE": "3/minute",
    "ISSUES_LIMIT_CREATE_VISITOR": "2/minute",
    "ISSUES_LIMIT_RECEIPT": "2/minute",
}
JSON = {"Content-Type": "application/json"}
REPORT = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    server = api_server(tmp_path_factory.mktemp("limited") / "data", **FEW).start()
    yield server
    server.stop()


def visitor(server) -> Caller:
    return Caller(server.url, server.guest_token(uuid.uuid4().hex))


def person(server) -> Caller:
    return Caller(server.url, server.token(uuid.uuid4().hex))


def create(caller):
    return caller("POST", "/issue", json=REPORT)


def look_up(caller):
    return caller("POST", "/issue/receipt", json={"receipt": "0000-0000-0000-0000"})


@pytest.mark.parametrize(
    ("make_caller", "call", "allowed", "status"),
    [(person, create, 3, 201), (visitor, create, 2, 201), (visitor, look_up, 2, 404)],
)
def test_requests_over_the_limit_are_refused_with_retry_after(
    limited, make_caller, call, allowed, status
):
    caller = make_caller(limited)
    for used in range(1, allowed + 1):
        answer = call(caller)
        assert answer.status_code == status
        assert f"r={allowed - used};" in answer.headers["RateLimit"]
        assert f"q={allowed};w=60" in answer.headers["RateLimit-Policy"]
    refused = call(caller)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "r=0;" in refused.headers["RateLimit"]
    assert call(make_caller(limited)).status_code == status


def test_long_report_counts_as_several_reports(limited):
    """Ten of the longest reports a second would fill 370 MB a minute."""
    caller = person(limited)
    long = REPORT | {"description": "x" * 2_000}
    assert caller("POST", "/issue", json=long).status_code == 201
    assert create(caller).status_code == 429
    # Longer than the whole limit, it can be sent all the same.
    longest = REPORT | {"description": "x" * 10_000}
    assert person(limited)("POST", "/issue", json=longest).status_code == 201


def test_edited_text_counts_as_a_report_of_its_length(limited):
    """Otherwise edits could fill the disk ten times as fast as reports."""
    caller = person(limited)
    named = REPORT | {"anonymous": False}
    issue = f"/issue/{caller('POST', '/issue', json=named).json()['id']}"
    assert caller("PUT", issue, json={"type": "Format"}).status_code == 200
    changed = caller("PUT", issue, json={"description": "y" * 1_000})
    assert changed.status_code == 200
    assert "r=0;" in changed.headers["RateLimit"]
    assert caller("PUT", issue, json={"description": "z"}).status_code == 429
    assert caller("PUT", issue, json={"type": "Other"}).json()["description"] == "y" * 1_000


def test_reading_is_not_limited(limited):
    caller = person(limited)
    for _ in range(10):
        assert caller("GET", "/issue").status_code == 200
    assert "RateLimit" not in caller("GET", "/issue").headers


def test_callers_at_one_address_have_separate_limits(limited):
    done = limited.run("token", "create", "--email", "script@example.com")
    script = Caller(limited.url, done.stdout.strip())
    for _ in range(4):
        last = create(script)
    assert last.status_code == 429
    assert create(person(limited)).status_code == 201


def test_replicas_share_limits_and_keep_working_without_redis(redis, postgresql, tmp_path):
    url, process = redis
    shared = FEW | {"ISSUES_RATE_LIMITS": url, "ISSUES_DATABASE_URL": postgresql()}
    replicas = [api_server(tmp_path / name, **shared).start() for name in ("a", "b")]
    try:
        name = uuid.uuid4().hex
        first, second = (Caller(r.url, r.token(name)) for r in replicas)
        named = REPORT | {"anonymous": False}
        sent = [c("POST", "/issue", json=named) for c in (first, second, first, second)]
        assert [answer.status_code for answer in sent] == [201, 201, 201, 429]
        # An anonymous report leaves no record where somebody could keep it, nor does its receipt.
        keys = subprocess.run(["redis-cli", "-u", url, "DBSIZE"], capture_output=True, check=True)
        first, second = (Caller(r.url, r.guest_token(name)) for r in replicas)
        assert create(first).status_code == create(second).status_code == 201
        assert look_up(first).status_code == look_up(second).status_code == 404
        again = subprocess.run(["redis-cli", "-u", url, "DBSIZE"], capture_output=True, check=True)
        assert again.stdout == keys.stdout
        process.kill()
        process.wait()
        assert look_up(visitor(replicas[0])).status_code == 404
    finally:
        for replica in replicas:
            replica.stop()


def test_unresponsive_redis_is_waited_for_once(redis, monkeypatch):
    """Regression: each count waited a second, so a sign-in took eight."""
    url, process = redis
    clock = Mock(monotonic=Mock(return_value=1000.0), time=time.time)
    monkeypatch.setattr("issue_portal.core.rate_limiter.time", clock)
    counters = RateLimiter(Settings(rate_limits=url, _env_file=None))
    limit = Limit.parse("few", "", "2/minute")
    assert counters.take(limit, "me").left == 1
    ask_redis = Mock(wraps=counters._shared.hit)
    monkeypatch.setattr(counters._shared, "hit", ask_redis)
    process.send_signal(signal.SIGSTOP)
    assert [counters.take(limit, "me").allowed for _ in range(10)] == [True] * 2 + [False] * 8
    assert ask_redis.call_count == 1
    process.send_signal(signal.SIGCONT)
    clock.monotonic.return_value += 11
    assert counters.take(limit, "me").left == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("ISSUES_RATE_LIMITS", "sometimes"), ("ISSUES_LIMIT_CREATE", "a lot")],
)
def test_invalid_limits_are_reported_at_start(tmp_path, name, value):
    done = api_server(tmp_path / "data", **{name: value}).run("serve", "--port", str(free_port()))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert value in done.stderr or name in done.stderr


def test_calls_of_one_token_are_delayed_by_number_and_size(monkeypatch):
    """Without it, 16 bodies of 200 kB at once made others wait fifty times as long."""
    slept: list[float] = []

    async def sleep(seconds):
        slept.append(seconds)
        clock.monotonic.return_value += max(seconds, 0.001)

    clock = Mock(monotonic=Mock(return_value=1000.0))
    monkeypatch.setattr("issue_portal.core.token_bucket.time", clock)
    monkeypatch.setattr("issue_portal.core.token_bucket.asyncio.sleep", sleep)
    limits = RateLimits(Settings(_env_file=None), SecretKeys(SECRET))
    script = Principal(Role.MEMBER, "user_1", "token 1", "1")

    async def story(principal, calls, size):
        for _ in range(calls):
            await limits.delay(principal, size)
        return sum(slept)

    assert run_in_loop(lambda: story(script, 400, 0)) == 0
    assert run_in_loop(lambda: story(script, 100, 0)) == pytest.approx(1, rel=0.05)
    assert run_in_loop(lambda: story(script, 4, 200_000)) > 2
    slept.clear()
    clock.monotonic.return_value += 1000

    async def computes(calls):
        for _ in range(calls):
            await limits.delay(script, 0)
            await limits.wait_for_charges(script)  # It is counted once.
        return sum(slept)

    assert run_in_loop(lambda: computes(300)) == 0
    # An answer that is known already counts, too: 1,400 a second made others wait.
    slept.clear()
    clock.monotonic.return_value += 1000
    assert sum(limits.take_if_ready(script) for _ in range(1000)) == 400
    assert not slept
    clock.monotonic.return_value += 1000

    async def changes(calls):
        for _ in range(calls):
            await limits.delay(script, 0, is_change=True)
        return sum(slept)

    assert run_in_loop(lambda: changes(80)) == 0
    assert run_in_loop(lambda: changes(40)) == pytest.approx(2, rel=0.05)
    # So do those that compute: sixty lists of a hundred issues a second made others wait.
    slept.clear()
    clock.monotonic.return_value += 1000
    run_in_loop(lambda: story(script, 1, 0))
    for _ in range(200):
        limits.charge_seconds(script, 0.006)
    assert run_in_loop(lambda: story(script, 1, 0)) == pytest.approx(2, rel=0.05)
    limits.charge_seconds(Principal(Role.MEMBER, "user_1", "user_1"), 9.0)
    # Of a person in a portal, it counts where they come from.
    slept.clear()
    person = Principal(Role.MEMBER, "user_1", "user_1")
    assert run_in_loop(lambda: story(person, 1000, 0)) == 0
    assert all(limits.take_if_ready(person) for _ in range(1000))

    async def guesses(address, calls):
        for _ in range(calls):
            await limits.delay_refusal(address)
        return sum(slept)

    assert run_in_loop(lambda: guesses("", 1000)) == 0
    assert run_in_loop(lambda: guesses("198.51.100.1", 200)) == 0
    assert run_in_loop(lambda: guesses("198.51.100.1", 20)) == pytest.approx(1, rel=0.05)


def test_body_with_too_many_objects_is_refused(limited):
    for body in ("[" + "{}," * 60_000 + "{}]", '{"a":' * 60 + "1" + "}" * 60):
        answer = person(limited)("POST", "/issue", content=body, headers=JSON)
        assert answer.status_code == 400
        assert "objects" in answer.json()["detail"]


def test_responses_to_long_requests_are_not_cached(tmp_path):
    """2,000 responses to requests of 94 kB took 200 MB."""
    database = Database(f"sqlite:///{tmp_path / 'issues.db'}")
    memory = ReadCache(database)
    asked = Mock(read_cache=memory)
    asked.authenticator.authenticate_now.return_value = Principal(Role.MEMBER, "user_1", "user_1")

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def story():
        memory.get("the version is known now")
        remembered = ResponseCacheMiddleware(app, asked)
        for query, headers in ((b"a=1", []), (b"a" * 2_000, []), (b"", [(b"x-org", b"x" * 2_000)])):
            scope = {"type": "http", "method": "GET", "path": "/v1/app/me", "query_string": query}
            await remembered(scope | {"headers": headers}, AsyncMock(), AsyncMock())
        return [key[3] for key in memory._values]

    assert run_in_loop(story) == [b"a=1"]
    database.close()


def test_concurrent_calls_of_one_caller_are_limited(limited):
    """1,300 unfinished bodies blocked the API for everybody."""
    greedy = limited.token(uuid.uuid4().hex)
    with limited.unfinished_reports(greedy, 40) as slow:
        assert person(limited)("GET", "/issue").status_code == 200
        # 16 bodies are waited for; the others are told so.
        assert [one.recv(12) for one in answered(slow, 24)] == [b"HTTP/1.1 429"] * 24
