"""Whose script may run next: fair turns, so that one visitor cannot stop the portal for others.

Streamlit (1.67) starts a thread for every request to run a script, at once and without limit. Here
a request waits until its connection, its address and the whole process have runs left (token
buckets), until the last script of its connection has run, and until fewer than `SLOTS` scripts are
at work. Of those that wait, addresses take turns. Tabs that run more than somebody at work wait
until no others run, or for a second. Requests are delayed, never dropped.
"""

import asyncio
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from issue_portal.core.token_bucket import TokenBucket, take_tokens
from web.streamlit_compat import SCRIPT_THREAD

SLOTS: Final = 2 * (os.cpu_count() or 1)
"""Scripts at work at once."""

SLOTS_PER_ADDRESS: Final = max(1, SLOTS // 4)

SLOT_SECONDS: Final = 0.1
"""After so long a script counts as waiting for something else, and its slot is free.

Most scripts take 5 to 20 ms. One that asks a slow server waits for seconds but uses no processor.
"""

_MOST_SLOTS_IN_A_ROW: Final = 10
"""How often a script keeps its slot, if as many scripts compute as slots are held."""

RUNS_PER_CONNECTION: Final = (20.0, 60)
RUNS_PER_ADDRESS: Final = (30.0, 100)
RUNS_IN_ALL: Final = (300.0, 1_500)
_RUNS_AT_WORK: Final = (2.0, 100)
_FEW_RUNS: Final = 10
"""What somebody at work runs in a tab: so many a second in the long run, and in a moment. After a
flood, a tab is one of those that run more for another 40 seconds.
"""

_LONGEST_WAIT: Final = 1.0
"""Seconds after which an address may run a script in spite of that."""

MESSAGES_PER_CONNECTION: Final = (50.0, 200)
BYTES_PER_ADDRESS: Final = (100_000.0, 1_000_000)
BYTES_IN_ALL: Final = (1_000_000.0, 10_000_000)
"""Refill a second, and the most at once. Messages are counted whether they run a script or not."""


@dataclass(eq=False)
class Address:
    """What the connections of one address use together."""

    runs: TokenBucket = field(default_factory=lambda: TokenBucket(*RUNS_PER_ADDRESS))
    data: TokenBucket = field(default_factory=lambda: TokenBucket(*BYTES_PER_ADDRESS))
    connections: int = 0
    waiting: list["Request"] = field(default_factory=list)
    closed: list[TokenBucket] = field(default_factory=list)
    """What tabs that are closed ran lately: the next ones take over. To open them anew, one after
    the other, is no way to seem new.
    """
    had_turn_at: float = 0.0
    """Who has had none for longest is the next."""

    def take_over(self) -> TokenBucket:
        """What a new tab counts as having run lately: what the busiest did that was closed."""
        self.closed = [each for each in self.closed if not each.is_full]
        busiest = max(self.closed, key=lambda each: each.used, default=TokenBucket(*_RUNS_AT_WORK))
        with suppress(ValueError):
            self.closed.remove(busiest)
        return busiest

    @property
    def next(self) -> "Request":
        """The request whose turn it is among those that wait."""
        return min(self.waiting, key=lambda request: request.place)


@dataclass(eq=False)
class Connection:
    """One browser tab."""

    address: Address
    runs: TokenBucket = field(default_factory=lambda: TokenBucket(*RUNS_PER_CONNECTION))
    messages: TokenBucket = field(default_factory=lambda: TokenBucket(*MESSAGES_PER_CONNECTION))
    lately: TokenBucket = field(default_factory=lambda: TokenBucket(*_RUNS_AT_WORK))
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while it holds no slot."""

    def __post_init__(self) -> None:
        self.idle.set()

    @property
    def is_busy(self) -> bool:
        """Whether it has run more lately than that of somebody at work."""
        return self.lately.used > _FEW_RUNS


@dataclass(eq=False)
class Request:
    """A script that a connection wants to run."""

    connection: Connection
    granted: asyncio.Future[None]
    asked_at: float = field(default_factory=time.monotonic)

    @property
    def place(self) -> tuple[bool, float]:
        """Its place among those of its address."""
        return self.connection.is_busy, self.asked_at


class ScriptScheduler:
    """The turns of one process. Use from one event loop only."""

    def __init__(self) -> None:
        self._runs = TokenBucket(*RUNS_IN_ALL)
        self._data = TokenBucket(*BYTES_IN_ALL)
        self._addresses: dict[str, Address] = {}
        self._waiting: dict[Address, None] = {}
        self._slots: dict[Connection, asyncio.TimerHandle] = {}
        """Who holds one, and when to look whether they still need it."""
        self._timer: asyncio.TimerHandle | None = None
        self._at_work = _ScriptsAtWork()

    def join(self, address: str) -> Connection:
        """A new connection. One whose address is not known ("") shares its limits with nobody."""
        for name, idle in list(self._addresses.items()):
            if not idle.connections and idle.runs.is_full and idle.data.is_full:
                del self._addresses[name]
        found = self._addresses.setdefault(address, Address()) if address else Address()
        found.connections += 1
        return Connection(found, lately=found.take_over())

    def leave(self, connection: Connection) -> None:
        """The connection is closed."""
        self.finished(connection)
        connection.address.connections -= 1
        if not connection.lately.is_full:
            connection.address.closed.append(connection.lately)

    async def message(self, connection: Connection, size: int) -> None:
        """Wait until the connection may send one more message of any kind and so many bytes."""
        await take_tokens(connection.messages)
        await take_tokens(connection.address.data, size)
        await take_tokens(self._data, size)

    async def turn(self, connection: Connection) -> None:
        """Wait until a script of this connection may run. It holds a slot until `finished`."""
        await take_tokens(connection.runs)
        # Streamlit would break the script off and start it again. What it has said by then is still
        # to be sent, and all messages of all sessions are sent one by one.
        await connection.idle.wait()
        request = Request(connection, asyncio.get_running_loop().create_future())
        connection.address.waiting.append(request)
        self._waiting[connection.address] = None
        self._grant()
        await request.granted

    def finished(self, connection: Connection) -> None:
        """The script of this connection has run."""
        if look := self._slots.pop(connection, None):
            look.cancel()
            connection.idle.set()
            self._grant()

    def _grant(self) -> None:
        """Let those run who may; look again when the next one may."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            left = self._runs.seconds_until_token()
            ready = [] if left else [each for each in self._waiting if self._may_run(each)]
            if not ready:
                waits = [left] if left else [self._seconds_left(each) for each in self._waiting]
                if soonest := min((wait for wait in waits if wait), default=0.0):
                    self._timer = asyncio.get_running_loop().call_later(soonest, self._grant)
                return  # Without a timer: `finished` comes when a slot is free.
            self._start(min(ready, key=lambda each: each.had_turn_at))

    def _may_run(self, address: Address) -> bool:
        of_this = sum(each.address is address for each in self._slots)
        has_slot = len(self._slots) < SLOTS and of_this < SLOTS_PER_ADDRESS
        return has_slot and not self._seconds_left(address)

    def _seconds_left(self, address: Address) -> float:
        """Seconds until this address may run a script, if a slot is free then."""
        if self._slots and address.next.connection.is_busy:
            wait = address.had_turn_at + _LONGEST_WAIT - time.monotonic()
        else:
            wait = 0.0
        return max(wait, address.runs.seconds_until_token())

    def _start(self, address: Address) -> None:
        request = address.next
        address.waiting.remove(request)
        if not address.waiting:
            del self._waiting[address]
        if request.granted.done():
            return  # The connection is gone.
        connection = request.connection
        for bucket in (self._runs, address.runs, connection.lately):
            bucket.take()
        address.had_turn_at = time.monotonic()
        connection.idle.clear()
        self._keep_slot(connection, _MOST_SLOTS_IN_A_ROW)
        request.granted.set_result(None)

    def _keep_slot(self, connection: Connection, times: int) -> None:
        def look() -> None:
            # Which script holds which slot is not known; how many of them compute is.
            if times > 1 and self._at_work.count() >= len(self._slots):
                self._keep_slot(connection, times - 1)
            else:
                self.finished(connection)

        loop = asyncio.get_running_loop()
        self._slots[connection] = loop.call_later(SLOT_SECONDS, look)


class _ScriptsAtWork:
    """How many scripts use a processor, and do not wait for an answer or a lock."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._seen_at = 0.0
        self._count = 0

    def count(self) -> int:
        """Scripts that have used a processor since the last look, `SLOT_SECONDS` or longer ago."""
        now = time.monotonic()
        if now - self._seen_at >= SLOT_SECONDS:
            used = _processor_time()
            self._count = sum(used[one] > self._seen.get(one, 0) for one in used)
            self._seen, self._seen_at = used, now
        return self._count


def _processor_time() -> dict[int, int]:
    """Ticks of 10 ms of a processor that each script's thread has used; empty without ``/proc``."""
    used = {}
    for thread in threading.enumerate():
        if thread.name == SCRIPT_THREAD and thread.native_id:
            with suppress(OSError):  # It has just ended.
                told = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
                in_user, in_system = told.rpartition(")")[2].split()[11:13]
                used[thread.native_id] = int(in_user) + int(in_system)
    return used
