"""Replicas behind a proxy: people and scripts lose no report while servers fail."""

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
from tests.servers.installation import FLOOD_ADDRESS, wait_for_responses
from tests.waiting import wait_until
from web.streamlit_compat import BackMsg

WRITERS = 4


class Writer:
    """Sends reports, and repeats each until the server acknowledges it.

    With ``retries=False``, the first attempt must succeed within 60 seconds. Writers with the same
    ``address`` share the rate limits of the proxy.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        anonymous: bool = False,
        retries: bool = True,
        address: str = "127.0.0.1",
    ):
        options = (
            {"timeout": 2} if retries else {"timeout": 60, "total_timeout": 60, "max_retries": 0}
        )
        http_client = httpx.Client(transport=httpx.HTTPTransport(local_address=address))
        self.client = IssuesClient(url, token, http_client=http_client, **options)
        self.anonymous = anonymous
        self.ignored_errors = IssuesError if retries else ()
        self.acknowledged: dict[str, Issue] = {}

    def work(self, stop: threading.Event) -> None:
        """Send reports until ``stop`` is set."""
        while not stop.wait(0.05):
            text = f"load {uuid.uuid4().hex}"
            while text not in self.acknowledged:
                with suppress(self.ignored_errors):
                    self.acknowledged[text] = self.report(text)

    def report(self, text: str) -> Issue:
        new = NewIssue(
            description=text,
            resource_type=ResourceType.THREAD,
            type=IssueType.OTHER,
            anonymous=self.anonymous,
        )
        return self.client.create(new, idempotency_key=text)


@contextmanager
def run_writers(writers: list[Writer]) -> Iterator[Callable[[], None]]:
    """Run the writers; yield a function that waits until each has sent three more reports."""

    def wait_for_reports() -> None:
        targets = [(writer, len(writer.acknowledged) + 3) for writer in writers]

        def have_reported() -> bool:
            for finished in filter(Future.done, futures):
                finished.result()  # Raises the error that ended the writer.
            return all(len(writer.acknowledged) >= target for writer, target in targets)

        wait_until(have_reported)

    stop = threading.Event()
    with ThreadPoolExecutor(len(writers)) as pool:
        futures = [pool.submit(writer.work, stop) for writer in writers]
        try:
            yield wait_for_reports
        finally:
            stop.set()
        for future in futures:
            future.result()


@pytest.fixture
def reviewer_client(site):
    with IssuesClient(site.url, lambda: site.apis[0].token("Rob", Role.ADMIN)) as client:
        yield client


def get_replica_number(person) -> int:
    """Return the number of the portal replica that serves this person, from the proxy's cookie."""
    cookies = {cookie["name"]: cookie["value"] for cookie in person.context.cookies()}
    return int(cookies["replica"])


def open_on_other_replica(person, path):
    """Open ``path`` on the other portal replica."""
    first = get_replica_number(person)
    while get_replica_number(person) == first:
        person.context.clear_cookies(name="replica")
        person.opens(path)
    return person


def test_people_can_switch_replicas(new_person, site):
    visitor = new_person().opens().chooses("No answer").writes("through the proxy")
    visitor.presses("Send report").sees(RECEIVED)
    receipt = visitor.receipt()
    reviewer = new_person().signed_in_as("reviewer").opens("/review")
    reviewer.row("through the proxy").click()
    expect(reviewer.page.get_by_role("list", name="Activity")).to_contain_text("Reported")
    open_on_other_replica(reviewer, "/insights").sees("New").sees_not("Sign in to see this page.")
    open_on_other_replica(visitor, "/track").page.get_by_role("textbox", name="Receipt").fill(
        receipt
    )
    visitor.presses("Show report").sees("through the proxy")


def test_flood_through_the_proxy_does_not_block_others(new_person, site, reviewer_client):
    run = BackMsg()
    run.rerun_script.SetInParent()
    messages = [run.SerializeToString(), BackMsg(load_git_info=True).SerializeToString()]
    # The portal reads the flood slowly. With this close timeout, the connections close before the
    # portal has read all messages.
    options = {
        "origin": site.url,
        "ping_interval": None,
        "close_timeout": 0.1,
        "source_address": (FLOOD_ADDRESS, 0),
    }
    with ExitStack() as connections:
        stream = f"ws://localhost:{site.port}/_stcore/stream"
        for _ in range(5):
            flood = connections.enter_context(
                connect(stream, subprotocols=["streamlit"], **options)
            )
            for number in range(1_000):
                flood.send(messages[number % 2])
        for _ in range(20):
            assert reviewer_client.list(IssueQuery(page_size=1)).data is not None
        visitor = new_person().opens().chooses("No answer").writes("amid a flood")
        visitor.presses("Send report").sees(RECEIVED)


def test_unfinished_bodies_block_neither_the_portals_nor_other_addresses(site, reviewer_client):
    """Regression: 1,300 unfinished bodies from one address blocked both API replicas."""
    with site.unfinished_reports(site.apis[0].token("Ann"), 400) as connections:
        assert {c.recv(12) for c in wait_for_responses(connections, 100)} == {b"HTTP/1.1 429"}
        assert reviewer_client.list(IssueQuery(page_size=1)).data is not None
        # Portals reach the API at another port, where no limit per address applies.
        token, url = site.apis[0].token("Rob", Role.ADMIN), site.portals[0].env["ISSUES_API_URL"]
        with IssuesClient(url, token) as internal_client:
            assert internal_client.list(IssueQuery(page_size=1)).data is not None


def test_proxy_serves_static_files_from_its_cache_or_refuses(site):
    """Requests that bypass the cache would make a replica ten times as slow for other users."""
    page = httpx.get(f"{site.url}/", headers={"Accept": "text/html"}).text
    file = re.search(r"static/js/[\w.-]+\.js", page)[0]
    assert httpx.get(f"{site.url}/{file}").is_success
    for target in (f"/{file}", f"/{file}?a=b", f"http://y/{file}", f"z://y/{file}"):
        for header in ("X: y", "Cache-Control: no-cache", "Pragma: no-cache", "Authorization: x"):
            head = fetch_head(site, f"GET {target} HTTP/1.1\r\nHost: y\r\n{header}\r\n\r\n")
            assert head.startswith("HTTP/1.1 200")
            assert "\r\nage: " in head.lower(), f"{target} with {header} bypasses the cache"
    assert fetch_head(site, f"GET /{file} HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 400")
    escaped = f"GET /{file.replace('/js/', '/%6as/')} HTTP/1.1\r\nHost: x\r\n\r\n"
    assert fetch_head(site, escaped).startswith("HTTP/1.1 404")


def test_proxy_refuses_http_2(site):
    """One HTTP/2 connection can reset 100,000 requests per second, each with a line in the log."""
    assert fetch_head(site, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").startswith("HTTP/1.1 400")


def fetch_head(site, request: str) -> str:
    """Send ``request`` unchanged; return status line and headers of the response."""
    with socket.create_connection(("127.0.0.1", site.port), 10) as connection:
        connection.sendall(request.encode())
        response = b""
        while b"\r\n\r\n" not in response:
            response += connection.recv(65_536)
    return response.partition(b"\r\n\r\n")[0].decode()


def test_proxy_hides_metrics_and_keeps_addresses_out_of_its_log(site, reviewer_client):
    writer = Writer(site.url, site.apis[0].token("Ann"))
    issue = reviewer_client.get(writer.report("for the log").id)
    for path in ("/api/metrics", "/_stcore/metrics"):
        assert httpx.get(site.url + path).status_code == 404
    not_found = httpx.get(f"{site.url}/api/nowhere")
    assert not_found.headers["content-type"].startswith("application/problem+json")
    lines = [json.loads(line) for line in site.log.splitlines() if line.startswith("{")]
    request_fields = {"time", "method", "backend", "server", "status", "milliseconds"}
    failure_fields = {"time", "frontend", "error"}
    assert all(line.keys() in (request_fields, failure_fields) for line in lines)
    assert "api" in {line.get("backend") for line in lines}
    assert "127.0.0.1" not in site.log
    assert issue.id not in site.log


def test_reports_are_stored_once_while_servers_fail(new_person, site, reviewer_client):
    member, guest = site.apis[0].create_api_token("Ann"), site.apis[0].visitor_token()
    # Ignore the logs of earlier tests: the flood test interrupts page runs, which log tracebacks.
    log_lengths = {server.port: len(server.log) for server in (*site.apis, *site.portals)}
    writers = [
        Writer(
            site.url,
            guest if number % 2 else member,
            anonymous=bool(number % 2),
            address=f"127.0.0.{number + 10}",
        )
        for number in range(WRITERS)
    ]
    strict_writer = Writer(site.url, member, retries=False, address="127.0.0.20")
    before = Counter(issue.description for issue in reviewer_client.iterate())
    visitor = new_person().opens().chooses("No answer").writes("written before")
    reviewer = new_person().signed_in_as("reviewer").opens("/review")
    with run_writers(writers) as wait_for_reports:
        # An API replica hangs, then handles requests that the other replica has already handled.
        site.apis[0].process.send_signal(signal.SIGSTOP)
        wait_for_reports()
        site.apis[0].process.send_signal(signal.SIGCONT)
        wait_for_reports()

        # An API replica is killed and restarted.
        site.apis[0].kill()
        visitor.presses("Send report").sees(RECEIVED)
        wait_for_reports()
        site.apis[0].start()

        # The portal replica of a visitor is killed while the visitor writes a report.
        visitor.presses("Report another problem").chooses("Other")
        visitor.writes("written in between").waits_for_autosave()
        replica = get_replica_number(visitor)
        killed = site.portals[replica - 1]
        killed.kill()
        # A click before the browser notices the lost connection would have no effect.
        visitor.waits_until(lambda: get_replica_number(visitor) != replica)
        expect(visitor.page.get_by_label("What happened?")).to_have_value("written in between")
        visitor.settles()
        visitor.presses("Send report").sees(RECEIVED)
        reviewer.opens("/review").sees_not("Sign in to see this page.")
        killed.start()

        # The database is killed and restarted. Meanwhile, the portal shows an error.
        visitor.presses("Report another problem").chooses("Other").writes("written last")
        kill_postgresql(site.postgresql)
        visitor.presses("Send report")
        notice = visitor.page.get_by_text("your text is safe")
        expect(notice).to_be_visible(timeout=30_000)
        start_postgresql(site.postgresql)
        visitor.presses("Send report").sees(RECEIVED)
        wait_for_reports()

        # An API replica shuts down gracefully and restarts: no request needs a second attempt.
        with run_writers([strict_writer]) as wait_for_strict_reports:
            site.wait_for_replica("api/api2", "UP")
            site.apis[1].process.send_signal(signal.SIGTERM)
            site.wait_for_replica("api/api2", "DOWN")
            site.apis[1].stop()
            wait_for_strict_reports()
            site.apis[1].start()
            wait_for_strict_reports()

    acknowledged = {}
    for writer in [*writers, strict_writer]:
        acknowledged |= writer.acknowledged
    by_people = ["written before", "written in between", "written last"]
    issues = list(reviewer_client.iterate())
    stored = Counter(issue.description for issue in issues)
    assert stored - before == Counter([*acknowledged, *by_people])
    assert max(Counter(issue.issue_number for issue in issues).values()) == 1
    numbers = {issue.description: issue.issue_number for issue in issues}
    assert all(numbers[text] == issue.issue_number for text, issue in acknowledged.items())
    for server in [*site.apis, *site.portals]:
        assert httpx.get(f"{server.url}/api/ready").is_success
        assert "Traceback" not in server.log[log_lengths[server.port] :]
