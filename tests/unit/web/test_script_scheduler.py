"""The script scheduler: slots, and fair turns among addresses."""

import asyncio
import hashlib
import threading

import pytest

from issue_portal.core.token_bucket import TokenBucket
from tests.loops import run_in_loop, run_in_virtual_time
from tests.unit.web.script_runs import cancel, run_and_record, run_scripts, settle
from web import script_scheduler
from web.script_scheduler import ScriptScheduler

pytestmark = pytest.mark.usefixtures("four_slots")


def test_token_bucket_allows_its_burst_and_then_its_rate(clock):
    bucket = TokenBucket(10, 3)
    for _ in range(3):
        assert bucket.seconds_until_token() == 0
        bucket.take()
    assert bucket.seconds_until_token() == pytest.approx(0.1)
    clock.now += 0.1
    assert bucket.seconds_until_token() == 0
    assert not bucket.is_full
    clock.now += 1000
    assert bucket.is_full
    for _ in range(3):
        bucket.take()
    assert bucket.seconds_until_token() > 0


def test_slots_limit_concurrent_scripts():
    async def run_scenario():
        scheduler = ScriptScheduler()
        connections = [scheduler.join(f"192.0.2.{number}") for number in range(6)]
        waiting = [asyncio.create_task(scheduler.wait_for_turn(each)) for each in connections]
        await settle()
        assert [each.done() for each in waiting] == [True] * 4 + [False] * 2
        scheduler.free_slot(connections[0])
        await settle()
        assert [each.done() for each in waiting] == [True] * 5 + [False]
        scheduler.leave(connections[1])
        await settle()
        assert all(each.done() for each in waiting)

    run_in_virtual_time(run_scenario)


def test_address_gets_at_most_half_of_four_slots():
    async def run_scenario():
        scheduler = ScriptScheduler()
        waiting = [
            asyncio.create_task(scheduler.wait_for_turn(scheduler.join("192.0.2.1")))
            for _ in range(10)
        ]
        await settle()
        assert sum(each.done() for each in waiting) == 2
        other = asyncio.create_task(scheduler.wait_for_turn(scheduler.join("192.0.2.2")))
        await settle()
        assert other.done()
        for each in waiting:
            each.cancel()

    run_in_virtual_time(run_scenario)


def test_new_address_runs_before_a_flooding_address():
    async def run_scenario():
        scheduler = ScriptScheduler()
        flood = scheduler.join("192.0.2.0")
        await run_scripts(scheduler, flood, 20)
        busy = [scheduler.join(f"192.0.2.{number}") for number in range(1, 5)]
        for each in busy:
            await scheduler.wait_for_turn(each)
        order = []

        tasks = [
            asyncio.create_task(run_and_record(scheduler, flood, "flood", order)) for _ in range(5)
        ]
        await settle()
        tasks.append(
            asyncio.create_task(
                run_and_record(scheduler, scheduler.join("192.0.2.99"), "newcomer", order)
            )
        )
        await settle()
        assert order == []
        scheduler.free_slot(busy[3])
        await tasks[-1]
        assert order[0] == "newcomer"
        cancel(tasks)

    run_in_virtual_time(run_scenario)


def test_waiting_script_loses_its_slot(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)

    async def run_scenario():
        scheduler = ScriptScheduler()
        # No script finishes, as if all pages waited for a slow server.
        async with asyncio.timeout(10):
            for number in range(12):
                await scheduler.wait_for_turn(scheduler.join(f"192.0.2.{number}"))

    run_in_virtual_time(run_scenario)


def test_computing_script_keeps_its_slot_for_a_limited_time(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)
    call_count = 0

    def count_two(_) -> int:
        nonlocal call_count
        call_count += 1
        return 2

    monkeypatch.setattr(script_scheduler._ComputingScripts, "count", count_two)

    async def run_scenario():
        scheduler = ScriptScheduler()
        requests = [
            asyncio.create_task(scheduler.wait_for_turn(scheduler.join("192.0.2.1")))
            for _ in range(3)
        ]
        async with asyncio.timeout(10):
            await asyncio.wait(requests[:2])
            max_periods = script_scheduler._MAX_PERIODS
            while call_count < 2 * (max_periods - 1):
                assert not requests[2].done()
                await asyncio.sleep(script_scheduler.SLOT_SECONDS / 10)
            await requests[2]

    run_in_virtual_time(run_scenario)


def test_only_the_computing_script_keeps_its_slot(monkeypatch):
    """Regression: sign-ins that waited for a password check blocked all pages."""
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.3)
    may_end = threading.Event()

    def compute() -> None:
        while not may_end.is_set():
            hashlib.pbkdf2_hmac("sha256", b"a", b"b", 20_000)

    threads = [
        threading.Thread(target=target, name=script_scheduler.SCRIPT_THREAD, daemon=True)
        for target in (compute, may_end.wait, may_end.wait, may_end.wait)
    ]

    async def run_scenario():
        scheduler = ScriptScheduler()
        connections = [scheduler.join(f"192.0.2.{number}") for number in range(4)]
        for each in connections:
            await scheduler.wait_for_turn(each)
        async with asyncio.timeout(10):
            while sum(each in scheduler._slots for each in connections) > 1:
                await asyncio.sleep(0.01)
        assert sum(each in scheduler._slots for each in connections) == 1

    for thread in threads:
        thread.start()
    try:
        run_in_loop(run_scenario)
    finally:
        may_end.set()


def test_new_run_of_a_connection_waits_for_its_current_run():
    """Regression: Streamlit sent the useless output of interrupted runs for seconds."""

    async def run_scenario():
        scheduler = ScriptScheduler()
        connection = scheduler.join("192.0.2.1")
        await scheduler.wait_for_turn(connection)
        new_run = asyncio.create_task(scheduler.wait_for_turn(connection))
        await settle()
        assert not new_run.done()
        # Meanwhile, other connections get their turns, also at the same address.
        async with asyncio.timeout(10):
            await scheduler.wait_for_turn(scheduler.join("192.0.2.1"))
            for number in range(2, 4):
                await scheduler.wait_for_turn(scheduler.join(f"192.0.2.{number}"))
        scheduler.free_slot(connection)
        await settle()
        assert new_run.done()

    run_in_virtual_time(run_scenario)
