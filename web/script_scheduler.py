"""A fair scheduler for script runs, so that one visitor cannot block the portal for others.

Streamlit (1.67) starts a thread for every run at once, without limit. The scheduler delays each run
until

- the buckets of the run's connection, its address and the process have a token,
- the connection has no slot: its previous run has finished or lost the slot,
- fewer than `SLOTS` scripts run, and fewer than `SLOTS_PER_ADDRESS` of the same address.

Waiting addresses take turns. A busy tab, which runs more scripts than a person at work would, waits
until no other script runs, or for `_LONGEST_WAIT`. No run is dropped.
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
"""Scripts that compute at once. A script that waits for a response loses its slot."""

SLOTS_PER_ADDRESS: Final = max(1, SLOTS // 4)

SLOT_SECONDS: Final = 0.1
"""Seconds between the checks of a slot. A check frees the slot unless all scripts with a slot are
computing. Most scripts take 5 to 20 ms.
"""

_MAX_PERIODS: Final = 10
"""Number of periods of `SLOT_SECONDS` after which a script loses its slot in any case."""

RUN_RATE_PER_CONNECTION: Final = (20.0, 60)
RUN_RATE_PER_ADDRESS: Final = (30.0, 100)
RUN_RATE_IN_TOTAL: Final = (300.0, 1_500)
"""Limits of script runs: refill per second, and burst."""

_RUNS_AT_WORK: Final = (2.0, 100)
"""Script runs that a person at work causes in one tab: refill per second, and burst."""

_MAX_RECENT_RUNS: Final = 10
"""Tokens of the bucket `_RUNS_AT_WORK` that a tab may use before it counts as busy. After a flood,
a tab stays busy for up to 45 seconds.
"""

_LONGEST_WAIT: Final = 1.0
"""Seconds after which a busy tab may run a script even while other scripts run."""

MESSAGES_PER_CONNECTION: Final = (50.0, 200)
BYTES_PER_ADDRESS: Final = (100_000.0, 1_000_000)
BYTES_IN_TOTAL: Final = (1_000_000.0, 10_000_000)
"""Limits of all messages, with or without a script run: refill per second, and burst."""


@dataclass(eq=False)
class Address:
    """A client address, with the limits that its connections share."""

    runs: TokenBucket = field(default_factory=lambda: TokenBucket(*RUN_RATE_PER_ADDRESS))
    data: TokenBucket = field(default_factory=lambda: TokenBucket(*BYTES_PER_ADDRESS))
    connections: int = 0
    waiting: list["RunRequest"] = field(default_factory=list)
    runs_of_closed_tabs: list[TokenBucket] = field(default_factory=list)
    """The buckets `Connection.recent_runs` of closed tabs. New tabs inherit them, so that a busy
    tab stays busy when it is reopened.
    """
    last_run_at: float = 0.0
    """Time of the last run by `time.monotonic`. The address with the earliest time is next."""

    def inherit_bucket(self) -> TokenBucket:
        """Return a bucket for a new tab: that of the busiest closed tab, or else a new bucket."""
        self.runs_of_closed_tabs = [
            bucket for bucket in self.runs_of_closed_tabs if not bucket.is_full
        ]
        busiest = max(
            self.runs_of_closed_tabs,
            key=lambda bucket: bucket.used,
            default=TokenBucket(*_RUNS_AT_WORK),
        )
        with suppress(ValueError):
            self.runs_of_closed_tabs.remove(busiest)
        return busiest

    @property
    def next_request(self) -> "RunRequest":
        """The waiting request that runs next."""
        return min(self.waiting, key=lambda request: request.sort_key)


@dataclass(eq=False)
class Connection:
    """One browser tab."""

    address: Address
    runs: TokenBucket = field(default_factory=lambda: TokenBucket(*RUN_RATE_PER_CONNECTION))
    messages: TokenBucket = field(default_factory=lambda: TokenBucket(*MESSAGES_PER_CONNECTION))
    recent_runs: TokenBucket = field(default_factory=lambda: TokenBucket(*_RUNS_AT_WORK))
    without_slot: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the connection has no slot."""

    def __post_init__(self) -> None:
        self.without_slot.set()

    @property
    def is_busy(self) -> bool:
        """Whether the tab has recently run more than a person at work would."""
        return self.recent_runs.used > _MAX_RECENT_RUNS


@dataclass(eq=False)
class RunRequest:
    """A script run that waits for a slot."""

    connection: Connection
    granted: asyncio.Future[None]
    requested_at: float = field(default_factory=time.monotonic)

    @property
    def sort_key(self) -> tuple[bool, float]:
        """Sort key among the requests of an address: busy tabs last, then by time."""
        return self.connection.is_busy, self.requested_at


class ScriptScheduler:
    """Schedules the script runs of one process. Use it from one event loop only."""

    def __init__(self) -> None:
        self._runs = TokenBucket(*RUN_RATE_IN_TOTAL)
        self._data = TokenBucket(*BYTES_IN_TOTAL)
        self._addresses: dict[str, Address] = {}
        self._waiting: dict[Address, None] = {}
        self._slots: dict[Connection, asyncio.TimerHandle] = {}
        """The connections with a slot, each with the timer of its next check."""
        self._timer: asyncio.TimerHandle | None = None
        self._computing_scripts = _ComputingScripts()

    def join(self, address: str) -> Connection:
        """Add a connection of an address. Connections with address "" do not share limits."""
        for name, known in list(self._addresses.items()):
            if not known.connections and known.runs.is_full and known.data.is_full:
                del self._addresses[name]
        shared = self._addresses.setdefault(address, Address()) if address else Address()
        shared.connections += 1
        return Connection(shared, recent_runs=shared.inherit_bucket())

    def leave(self, connection: Connection) -> None:
        """Remove a closed connection."""
        self.free_slot(connection)
        connection.address.connections -= 1
        if not connection.recent_runs.is_full:
            connection.address.runs_of_closed_tabs.append(connection.recent_runs)

    async def wait_for_message_budget(self, connection: Connection, size: int) -> None:
        """Wait until the connection may send one more message of ``size`` bytes."""
        await take_tokens(connection.messages)
        await take_tokens(connection.address.data, size)
        await take_tokens(self._data, size)

    async def wait_for_turn(self, connection: Connection) -> None:
        """Wait until the connection may run a script, and give it a slot.

        It keeps the slot until its script finishes, or until a check takes the slot away.
        """
        await take_tokens(connection.runs)
        # If another run started now, Streamlit would stop the running script but still send its
        # output, which delays the messages of all sessions.
        await connection.without_slot.wait()
        request = RunRequest(connection, asyncio.get_running_loop().create_future())
        connection.address.waiting.append(request)
        self._waiting[connection.address] = None
        self._grant()
        await request.granted

    def free_slot(self, connection: Connection) -> None:
        """Free the slot of a connection, if it has one."""
        if timer := self._slots.pop(connection, None):
            timer.cancel()
            connection.without_slot.set()
            self._grant()

    def _grant(self) -> None:
        """Start all runs that may start, and set a timer for the next one."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            delay = self._runs.seconds_until_token()
            ready = [] if delay else [addr for addr in self._waiting if self._may_run(addr)]
            if not ready:
                waits = [delay] if delay else [self._get_wait(addr) for addr in self._waiting]
                if shortest := min((wait for wait in waits if wait), default=0.0):
                    self._timer = asyncio.get_running_loop().call_later(shortest, self._grant)
                return  # Runs that wait for a slot need no timer: `free_slot` calls this method.
            self._start(min(ready, key=lambda addr: addr.last_run_at))

    def _may_run(self, address: Address) -> bool:
        used_slots = sum(connection.address is address for connection in self._slots)
        is_slot_free = len(self._slots) < SLOTS and used_slots < SLOTS_PER_ADDRESS
        return is_slot_free and not self._get_wait(address)

    def _get_wait(self, address: Address) -> float:
        """Return the seconds until this address may run a script, if a slot is free then."""
        if self._slots and address.next_request.connection.is_busy:
            wait = address.last_run_at + _LONGEST_WAIT - time.monotonic()
        else:
            wait = 0.0
        return max(wait, address.runs.seconds_until_token())

    def _start(self, address: Address) -> None:
        request = address.next_request
        address.waiting.remove(request)
        if not address.waiting:
            del self._waiting[address]
        if request.granted.done():
            return  # The connection was closed.
        connection = request.connection
        for bucket in (self._runs, address.runs, connection.recent_runs):
            bucket.take()
        address.last_run_at = time.monotonic()
        connection.without_slot.clear()
        self._keep_slot(connection, _MAX_PERIODS)
        request.granted.set_result(None)

    def _keep_slot(self, connection: Connection, periods: int) -> None:
        """Check after each period of `SLOT_SECONDS` whether to free the slot of a connection.

        Frees it at the first check when not all scripts with a slot are computing, and after
        ``periods`` at the latest.
        """

        def check() -> None:
            # It is unknown which script has which slot: compare how many compute and how many slots
            # are taken.
            if periods > 1 and self._computing_scripts.count() >= len(self._slots):
                self._keep_slot(connection, periods - 1)
            else:
                self.free_slot(connection)

        loop = asyncio.get_running_loop()
        self._slots[connection] = loop.call_later(SLOT_SECONDS, check)


class _ComputingScripts:
    """Counts the scripts that use processor time, not those that wait for a response."""

    def __init__(self) -> None:
        self._last_ticks: dict[int, int] = {}
        self._counted_at = 0.0
        self._count = 0

    def count(self) -> int:
        """Return how many scripts have used processor time since the last count.

        Within `SLOT_SECONDS` of a count, returns the same number again.
        """
        now = time.monotonic()
        if now - self._counted_at >= SLOT_SECONDS:
            ticks = _measure_processor_time()
            self._count = sum(
                used > self._last_ticks.get(thread, 0) for thread, used in ticks.items()
            )
            self._last_ticks, self._counted_at = ticks, now
        return self._count


def _measure_processor_time() -> dict[int, int]:
    """Return the processor time of each script by thread id, in ticks of 10 ms.

    Returns {} on systems without ``/proc``.
    """
    ticks = {}
    for thread in threading.enumerate():
        if thread.name == SCRIPT_THREAD and thread.native_id:
            with suppress(OSError):  # The thread has just ended.
                stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
                in_user, in_system = stat.rpartition(")")[2].split()[11:13]
                ticks[thread.native_id] = int(in_user) + int(in_system)
    return ticks
