"""Replicas behind a proxy: people and scripts lose nothing while parts fail."""

import json
import re
import signal
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect

from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import IssueQuery, NewIssue
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueType, ResourceType, Role
from tests.api.test_crash import kill_postgresql, start_postgresql
from tests.browser.conftest import RECEIVED
from tests.servers.installation import wait_for_responses
from tests.waiting import wait_until
from web.streamlit_compat import BackMsg

WRITERS = 4


class Writer:
    """Sends reports, and repeats each until it is acknowledged.

    With ``insists``, the first attempt has to succeed, after a long wait if necessary.
    """

    def __init__(self, url: str, token: str, *, anonymous: bool = False, insists: bool = False):
        patience = {"timeout": 60, "patience": 60, "attempts": 1} if insists else {"timeout": 2}
        self.client = IssuesClient(url, token, **patience)
        self.anonymous = anonymous
        self.bears = () if insists else IssuesError
        self.acknowledged: dict[str, Issue] = {}

    def work(self, enough: threading.Event) -> None:
        while not enough.wait(0.05):
            words = f"load {uuid.uuid4().hex}"
            while words not in self.acknowledged:
                with suppress(self.bears):
                    self.acknowledged[words] = self.report(words)

    def report(self, words: str) -> Issue:
        new = NewIssue(
            description=words,
            resource_type=ResourceType.THREAD,
            type=IssueType.OTHER,
            anonymous=self.anonymous,
        )
        return self.client.create(new, idempotency_key=words)


@contextmanager
def working(writers: list[Writer]) -> Iterator[Callable[[], None]]:
    """Let the writers work; yield a function that waits until each has sent three more reports."""

    def all_go_on() -> None:
        enough_of_each = [(writer, len(writer.acknowledged) + 3) for writer in writers]

        def have_gone_on() -> bool:
            for done in filter(Future.done, at_work):
                done.result()  # Raises what ended a writer.
            return all(len(writer.acknowledged) >= enough for writer, enough in enough_of_each)

        wait_until(have_gone_on)

    enough = threading.Event()
    with ThreadPoolExecutor(len(writers)) as pool:
        at_work = [pool.submit(writer.work, enough) for writer in writers]
        try:
            yield all_go_on
        finally:
            enough.set()
        for done in at_work:
            done.result()


@pytest.fixture
def reviewer_client(site):
    with IssuesClient(site.url, lambda: site.apis[0].token("Rob", Role.ADMIN)) as client:
        yield client


def replica_of(person) -> int:
    cookies = {cookie["name"]: cookie["value"] for cookie in person.context.cookies()}
    return int(cookies["replica"])


def moves(person, path):
    """Open a page on the other replica."""
    first = replica_of(person)
    while replica_of(person) == first:
        person.context.clear_cookies(name="replica")
        person.opens(path)
    return person


def test_people_can_switch_replicas(people, site):
    visitor = people().opens().chooses("No answer").writes("through the proxy")
    visitor.presses("Send report").sees(RECEIVED)
    receipt = visitor.receipt()
    reviewer = people().opens("/review").signs_in("reviewer")
    reviewer.row("through the proxy").click()
    expect(reviewer.page.get_by_role("list", name="Activity")).to_contain_text("Reported")
    moves(reviewer, "/insights").sees("New").sees_not("Sign in to see this page.")
    moves(visitor, "/track").page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report").sees("through the proxy")


def test_flood_through_the_proxy_does_not_block_others(people, site, reviewer_client):
    run = BackMsg()
    run.rerun_script.SetInParent()
    asked = [run.SerializeToString(), BackMsg(load_git_info=True).SerializeToString()]
    # They are read slowly, and nobody waits for that at the end.
    options = {"origin": site.url, "ping_interval": None, "close_timeout": 0.1}
    with ExitStack() as opened:
        stream = f"ws://localhost:{site.port}/_stcore/stream"
        for _ in range(5):
            flood = opened.enter_context(connect(stream, subprotocols=["streamlit"], **options))
            for number in range(1_000):
                flood.send(asked[number % 2])
        for _ in range(20):
            assert reviewer_client.list(IssueQuery(page_size=1)).data is not None
        visitor = people().opens().chooses("No answer").writes("amid a flood")
        visitor.presses("Send report").sees(RECEIVED)


def test_unfinished_bodies_wait_at_the_proxy_and_are_limited(site):
    """Regression: 1,300 bodies of one address blocked both API replicas for everybody."""
    with site.unfinished_reports(site.apis[0].token("Ann"), 400) as slow:
        assert {one.recv(12) for one in wait_for_responses(slow, 100)} == {b"HTTP/1.1 429"}
        # The portals, whose people are not one address, still reach the API.
        token, url = site.apis[0].token("Rob", Role.ADMIN), site.portals[0].env["ISSUES_API_URL"]
        with IssuesClient(url, token) as inside:
            assert inside.list(IssueQuery(page_size=1)).data is not None


def test_every_request_for_a_file_is_served_from_the_cache(site):
    """Requests that bypass the cache make a replica ten times as slow for others."""
    page = httpx.get(f"{site.url}/", headers={"Accept": "text/html"}).text
    file = re.search(r"static/js/[\w.-]+\.js", page)[0]
    assert httpx.get(f"{site.url}/{file}").is_success
    for target in (f"/{file}", f"/{file}?a=b", f"http://y/{file}", f"z://y/{file}"):
        for header in ("X: y", "Cache-Control: no-cache", "Pragma: no-cache", "Authorization: x"):
            head = said_to(site, f"GET {target} HTTP/1.1\r\nHost: y\r\n{header}\r\n\r\n")
            assert head.startswith("HTTP/1.1 200")
            assert "\r\nage: " in head.lower(), f"{target} with {header} is asked of a replica"
    assert said_to(site, f"GET /{file} HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 400")
    escaped = f"GET /static/%6as{file[9:]} HTTP/1.1\r\nHost: x\r\n\r\n"
    assert said_to(site, escaped).startswith("HTTP/1.1 404")


def test_proxy_speaks_no_http_2(site):
    """One HTTP/2 connection can reset 100,000 requests a second, each a line in the log."""
    assert said_to(site, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").startswith("HTTP/1.1 400")


def said_to(site, request: str) -> str:
    with socket.create_connection(("127.0.0.1", site.port), 10) as connection:
        connection.sendall(request.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65_536)
    return answer.partition(b"\r\n\r\n")[0].decode()


def test_proxy_hides_metrics_and_logs_no_addresses(site, reviewer_client):
    writer = Writer(site.url, site.apis[0].token("Ann"))
    issue = reviewer_client.get(writer.report("for the log").id)
    for path in ("/api/metrics", "/_stcore/metrics"):
        assert httpx.get(site.url + path).status_code == 404
    assert httpx.get(f"{site.url}/api/nowhere").headers["content-type"].startswith("application/p")
    lines = [json.loads(line) for line in site.log.splitlines() if line.startswith("{")]
    said = {"time", "method", "backend", "server", "status", "milliseconds"}
    of_a_failure = {"time", "frontend", "error"}
    assert all(line.keys() in (said, of_a_failure) for line in lines)
    assert "api" in {line.get("backend") for line in lines}
    assert "127.0.0.1" not in site.log
    assert issue.id not in site.log


def test_nothing_is_lost_or_doubled_while_parts_fail(people, site, reviewer_client):
    member, guest = site.apis[0].create_api_token("Ann"), site.apis[0].guest_token()
    # Another test floods a portal with runs, of which each breaks off the one before.
    logged = {server.port: len(server.log) for server in (*site.apis, *site.portals)}
    writers = [
        Writer(site.url, guest if number % 2 else member, anonymous=bool(number % 2))
        for number in range(WRITERS)
    ]
    insistent = Writer(site.url, member, insists=True)
    before = Counter(issue.description for issue in reviewer_client.iterate())
    visitor = people().opens().chooses("No answer").writes("written before")
    reviewer = people().opens("/review").signs_in("reviewer")
    with working(writers) as all_go_on:
        # An API replica hangs, and later does what others have done in its place.
        site.apis[0].process.send_signal(signal.SIGSTOP)
        all_go_on()
        site.apis[0].process.send_signal(signal.SIGCONT)
        all_go_on()

        # It is killed, and comes back: people do not notice.
        site.apis[0].kill()
        visitor.presses("Send report").sees(RECEIVED)
        all_go_on()
        site.apis[0].start()

        # The portal replica is killed that somebody is writing in.
        visitor.presses("Report another problem").chooses("Other")
        visitor.writes("written in between").sees("18 of 10,000 characters")
        killed = site.portals[replica_of(visitor) - 1]
        killed.kill()
        expect(visitor.page.get_by_label("What happened?")).to_have_value("written in between")
        visitor.settles()
        visitor.presses("Send report").sees(RECEIVED)
        reviewer.opens("/review").sees_not("Sign in to see this page.")
        killed.start()

        # The database is killed, which the person is told, and recovers.
        visitor.presses("Report another problem").chooses("Other").writes("written last")
        kill_postgresql(site.postgresql)
        visitor.presses("Send report")
        notice = visitor.page.get_by_text("your text is safe")
        expect(notice).to_be_visible(timeout=30_000)
        start_postgresql(site.postgresql)
        visitor.presses("Send report").sees(RECEIVED)
        all_go_on()

        # An API replica is replaced in good order: nobody needs a second attempt.
        with working([insistent]) as insistent_goes_on:
            site.takes_for("UP", "api/api2")
            site.apis[1].process.send_signal(signal.SIGTERM)
            site.takes_for("DOWN", "api/api2")
            site.apis[1].stop()
            insistent_goes_on()
            site.apis[1].start()
            insistent_goes_on()

    acknowledged = {}
    for writer in [*writers, insistent]:
        acknowledged |= writer.acknowledged
    by_people = ["written before", "written in between", "written last"]
    issues = list(reviewer_client.iterate())
    there = Counter(issue.description for issue in issues)
    assert there - before == Counter([*acknowledged, *by_people])
    assert max(Counter(issue.issue_number for issue in issues).values()) == 1
    numbers = {issue.description: issue.issue_number for issue in issues}
    assert all(numbers[words] == issue.issue_number for words, issue in acknowledged.items())
    for server in [*site.apis, *site.portals]:
        assert httpx.get(f"{server.url}/api/ready").is_success
        assert "Traceback" not in server.log[logged[server.port] :]
