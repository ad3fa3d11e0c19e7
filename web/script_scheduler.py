"""A fair scheduler for script runs, so that one visitor cannot block the portal for others.

Streamlit (1.67) starts a thread for every run at once, without limit. The scheduler delays a run
until

- its connection, its address and the process have tokens left,
- the previous run of its connection has finished,
- fewer than `SLOTS` scripts are running.

Waiting addresses take turns. Busy tabs, which run more than a person at work would, wait until
nothing else runs, or for a second. No run is dropped.
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
"""Scripts that run at once."""

SLOTS_PER_ADDRESS: Final = max(1, SLOTS // 4)

SLOT_SECONDS: Final = 0.1
"""Seconds after which a script counts as waiting and frees its slot. Most take 5 to 20 ms."""

_MOST_SLOTS_IN_A_ROW: Final = 10
"""How often a slot is extended while all scripts with slots compute."""

RUNS_PER_CONNECTION: Final = (20.0, 60)
RUNS_PER_ADDRESS: Final = (30.0, 100)
RUNS_IN_ALL: Final = (300.0, 1_500)
"""Limits of runs: refill a second, and burst."""

_RUNS_AT_WORK: Final = (2.0, 100)
"""Runs of a person at work in one tab: refill a second, and burst."""

_FEW_RUNS: Final = 10
"""Runs that may be missing from the bucket `_RUNS_AT_WORK` before the tab counts as busy. After a
flood, a tab stays busy for 40 seconds.
"""

_LONGEST_WAIT: Final = 1.0
"""Seconds after which a busy tab may run a script even if others run."""

MESSAGES_PER_CONNECTION: Final = (50.0, 200)
BYTES_PER_ADDRESS: Final = (100_000.0, 1_000_000)
BYTES_IN_ALL: Final = (1_000_000.0, 10_000_000)
"""Limits of messages: refill a second, and burst. Messages that run no script count, too."""


@dataclass(eq=False)
class Address:
    """An address, with the limits that its connections share."""

    runs: TokenBucket = field(default_factory=lambda: TokenBucket(*RUNS_PER_ADDRESS))
    data: TokenBucket = field(default_factory=lambda: TokenBucket(*BYTES_PER_ADDRESS))
    connections: int = 0
    waiting: list["Request"] = field(default_factory=list)
    closed_runs: list[TokenBucket] = field(default_factory=list)
    """Recent runs of closed tabs. New tabs inherit them, so that reopening does not reset them."""
    last_turn_at: float = 0.0
    """Time of the last turn. The address that has waited longest since is next."""

    def inherit_runs(self) -> TokenBucket:
        """Return the recent runs that a new tab inherits: those of the busiest closed tab."""
        self.closed_runs = [each for each in self.closed_runs if not each.is_full]
        busiest = max(
            self.closed_runs, key=lambda each: each.used, default=TokenBucket(*_RUNS_AT_WORK)
        )
        with suppress(ValueError):
            self.closed_runs.remove(busiest)
        return busiest

    @property
    def next(self) -> "Request":
        """The waiting request whose turn it is."""
        return min(self.waiting, key=lambda request: request.sort_key)


@dataclass(eq=False)
class Connection:
    """One browser tab."""

    address: Address
    runs: TokenBucket = field(default_factory=lambda: TokenBucket(*RUNS_PER_CONNECTION))
    messages: TokenBucket = field(default_factory=lambda: TokenBucket(*MESSAGES_PER_CONNECTION))
    recent_runs: TokenBucket = field(default_factory=lambda: TokenBucket(*_RUNS_AT_WORK))
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the connection has no slot."""

    def __post_init__(self) -> None:
        self.idle.set()

    @property
    def is_busy(self) -> bool:
        """Whether the tab has recently run more than a person at work would."""
        return self.recent_runs.used > _FEW_RUNS


@dataclass(eq=False)
class Request:
    """A script run that waits for a slot."""

    connection: Connection
    granted: asyncio.Future[None]
    requested_at: float = field(default_factory=time.monotonic)

    @property
    def sort_key(self) -> tuple[bool, float]:
        """Sort key among the requests of the address."""
        return self.connection.is_busy, self.requested_at


class ScriptScheduler:
    """Schedules the script runs of one process. Use it from one event loop only."""

    def __init__(self) -> None:
        self._runs = TokenBucket(*RUNS_IN_ALL)
        self._data = TokenBucket(*BYTES_IN_ALL)
        self._addresses: dict[str, Address] = {}
        self._waiting: dict[Address, None] = {}
        self._slots: dict[Connection, asyncio.TimerHandle] = {}
        """The connections with a slot, each with the timer of its next check."""
        self._timer: asyncio.TimerHandle | None = None
        self._busy_scripts = _BusyScripts()

    def join(self, address: str) -> Connection:
        """Add a connection. Connections without an address ("") do not share limits."""
        for name, idle in list(self._addresses.items()):
            if not idle.connections and idle.runs.is_full and idle.data.is_full:
                del self._addresses[name]
        shared = self._addresses.setdefault(address, Address()) if address else Address()
        shared.connections += 1
        return Connection(shared, recent_runs=shared.inherit_runs())

    def leave(self, connection: Connection) -> None:
        """Remove a closed connection."""
        self.finish_run(connection)
        connection.address.connections -= 1
        if not connection.recent_runs.is_full:
            connection.address.closed_runs.append(connection.recent_runs)

    async def take_message(self, connection: Connection, size: int) -> None:
        """Wait until the connection may send one more message of ``size`` bytes."""
        await take_tokens(connection.messages)
        await take_tokens(connection.address.data, size)
        await take_tokens(self._data, size)

    async def wait_for_turn(self, connection: Connection) -> None:
        """Wait until the connection may run a script. It then has a slot until `finish_run`."""
        await take_tokens(connection.runs)
        # Otherwise Streamlit would stop the running script, start another, and still send the first
        # one's output. It sends the messages of all sessions one by one.
        await connection.idle.wait()
        request = Request(connection, asyncio.get_running_loop().create_future())
        connection.address.waiting.append(request)
        self._waiting[connection.address] = None
        self._grant()
        await request.granted

    def finish_run(self, connection: Connection) -> None:
        """Free the slot of a connection whose script has finished."""
        if timer := self._slots.pop(connection, None):
            timer.cancel()
            connection.idle.set()
            self._grant()

    def _grant(self) -> None:
        """Start all runs that may start, and set a timer for the next one."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            left = self._runs.seconds_until_token()
            ready = [] if left else [each for each in self._waiting if self._may_run(each)]
            if not ready:
                waits = [left] if left else [self._get_wait(each) for each in self._waiting]
                if soonest := min((wait for wait in waits if wait), default=0.0):
                    self._timer = asyncio.get_running_loop().call_later(soonest, self._grant)
                return  # A free slot needs no timer: `finish_run` calls this method.
            self._start(min(ready, key=lambda each: each.last_turn_at))

    def _may_run(self, address: Address) -> bool:
        slots = sum(each.address is address for each in self._slots)
        has_slot = len(self._slots) < SLOTS and slots < SLOTS_PER_ADDRESS
        return has_slot and not self._get_wait(address)

    def _get_wait(self, address: Address) -> float:
        """Return the seconds until this address may run a script, provided that a slot is free."""
        if self._slots and address.next.connection.is_busy:
            wait = address.last_turn_at + _LONGEST_WAIT - time.monotonic()
        else:
            wait = 0.0
        return max(wait, address.runs.seconds_until_token())

    def _start(self, address: Address) -> None:
        request = address.next
        address.waiting.remove(request)
        if not address.waiting:
            del self._waiting[address]
        if request.granted.done():
            return  # The connection was closed.
        connection = request.connection
        for bucket in (self._runs, address.runs, connection.recent_runs):
            bucket.take()
        address.last_turn_at = time.monotonic()
        connection.idle.clear()
        self._keep_slot(connection, _MOST_SLOTS_IN_A_ROW)
        request.granted.set_result(None)

    def _keep_slot(self, connection: Connection, times: int) -> None:
        def check() -> None:
            # Streamlit does not tell which script has which slot, so compare the totals.
            if times > 1 and self._busy_scripts.count() >= len(self._slots):
                self._keep_slot(connection, times - 1)
            else:
                self.finish_run(connection)

        loop = asyncio.get_running_loop()
        self._slots[connection] = loop.call_later(SLOT_SECONDS, check)


class _BusyScripts:
    """Counts the scripts that use processor time rather than wait."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._seen_at = 0.0
        self._count = 0

    def count(self) -> int:
        """Return how many scripts used processor time since the last count.

        Counts again only after `SLOT_SECONDS`.
        """
        now = time.monotonic()
        if now - self._seen_at >= SLOT_SECONDS:
            used = _measure_processor_time()
            self._count = sum(ticks > self._seen.get(thread, 0) for thread, ticks in used.items())
            self._seen, self._seen_at = used, now
        return self._count


def _measure_processor_time() -> dict[int, int]:
    """Return the processor time of each script thread in ticks of 10 ms; {} without ``/proc``."""
    used = {}
    for thread in threading.enumerate():
        if thread.name == SCRIPT_THREAD and thread.native_id:
            with suppress(OSError):  # It has just ended.
                stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
                in_user, in_system = stat.rpartition(")")[2].split()[11:13]
                used[thread.native_id] = int(in_user) + int(in_system)
    return used
