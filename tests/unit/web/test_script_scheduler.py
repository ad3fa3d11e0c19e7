"""The script scheduler: fair turns among addresses, and slots."""

import asyncio
import hashlib
import threading

import pytest

from issue_portal.core.token_bucket import TokenBucket
from tests.loops import run_in_loop, run_in_virtual_time
from tests.unit.web.script_runs import cancel, runs, runs_once, settle
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


def test_no_more_scripts_run_at_once_than_there_are_slots():
    async def story():
        turns = ScriptScheduler()
        connections = [turns.join(f"192.0.2.{number}") for number in range(6)]
        waiting = [asyncio.create_task(turns.wait_for_turn(each)) for each in connections]
        await settle()
        assert [each.done() for each in waiting] == [True] * 4 + [False] * 2
        turns.finish_run(connections[0])
        await settle()
        assert [each.done() for each in waiting] == [True] * 5 + [False]
        turns.leave(connections[1])
        await settle()
        assert all(each.done() for each in waiting)

    run_in_virtual_time(story)


def test_address_has_a_limited_share_of_the_slots():
    async def story():
        turns = ScriptScheduler()
        waiting = [
            asyncio.create_task(turns.wait_for_turn(turns.join("192.0.2.1"))) for _ in range(10)
        ]
        await settle()
        assert sum(each.done() for each in waiting) == 2
        other = asyncio.create_task(turns.wait_for_turn(turns.join("192.0.2.2")))
        await settle()
        assert other.done()
        for each in waiting:
            each.cancel()

    run_in_virtual_time(story)


def test_address_that_has_run_little_goes_first():
    async def story():
        turns = ScriptScheduler()
        again = turns.join("192.0.2.0")
        await runs(turns, again, 20)
        busy = [turns.join(f"192.0.2.{number}") for number in range(1, 5)]
        for each in busy:
            await turns.wait_for_turn(each)
        order = []

        tasks = [asyncio.create_task(runs_once(turns, again, "flood", order)) for _ in range(5)]
        await settle()
        tasks.append(
            asyncio.create_task(runs_once(turns, turns.join("192.0.2.99"), "newcomer", order))
        )
        await settle()
        assert order == []
        turns.finish_run(busy[3])
        await tasks[-1]
        assert order[0] == "newcomer"
        cancel(tasks)

    run_in_virtual_time(story)


def test_slot_of_a_waiting_script_becomes_free(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)

    async def story():
        turns = ScriptScheduler()
        # None of them says that it has finished: a page that waits for a slow server.
        async with asyncio.timeout(10):
            for number in range(12):
                await turns.wait_for_turn(turns.join(f"192.0.2.{number}"))

    run_in_virtual_time(story)


def test_computing_script_keeps_its_slot_for_a_limited_time(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)
    looks = 0

    def two(_) -> int:
        nonlocal looks
        looks += 1
        return 2

    monkeypatch.setattr(script_scheduler._ComputingScripts, "count", two)

    async def story():
        turns = ScriptScheduler()
        asked = [
            asyncio.create_task(turns.wait_for_turn(turns.join("192.0.2.1"))) for _ in range(3)
        ]
        async with asyncio.timeout(10):
            await asyncio.wait(asked[:2])
            most = script_scheduler._MOST_SLOTS_IN_A_ROW
            while looks < 2 * (most - 1):
                assert not asked[2].done()
                await asyncio.sleep(script_scheduler.SLOT_SECONDS / 10)
            await asked[2]

    run_in_virtual_time(story)


def test_waiting_scripts_free_their_slots_while_another_computes(monkeypatch):
    """Regression: sign-ins that waited for a password check blocked all pages."""
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.3)
    over = threading.Event()

    def compute() -> None:
        while not over.is_set():
            hashlib.pbkdf2_hmac("sha256", b"a", b"b", 20_000)

    threads = [
        threading.Thread(target=target, name=script_scheduler.SCRIPT_THREAD, daemon=True)
        for target in (compute, over.wait, over.wait, over.wait)
    ]

    async def story():
        turns = ScriptScheduler()
        held = [turns.join(f"192.0.2.{number}") for number in range(4)]
        for each in held:
            await turns.wait_for_turn(each)
        async with asyncio.timeout(10):
            while sum(each in turns._slots for each in held) > 1:
                await asyncio.sleep(0.01)
        # The one that computes keeps one.
        assert sum(each in turns._slots for each in held) == 1

    for thread in threads:
        thread.start()
    try:
        run_in_loop(story)
    finally:
        over.set()


def test_newer_run_of_a_connection_waits_for_the_current_one():
    """Regression: the output of interrupted runs was sent for seconds, to no use."""

    async def story():
        turns = ScriptScheduler()
        connection = turns.join("192.0.2.1")
        await turns.wait_for_turn(connection)
        newer = asyncio.create_task(turns.wait_for_turn(connection))
        await settle()
        assert not newer.done()
        # Meanwhile, others have their turns, at the same address too.
        async with asyncio.timeout(10):
            await turns.wait_for_turn(turns.join("192.0.2.1"))
            for number in range(2, 4):
                await turns.wait_for_turn(turns.join(f"192.0.2.{number}"))
        turns.finish_run(connection)
        await settle()
        assert newer.done()

    run_in_virtual_time(story)
