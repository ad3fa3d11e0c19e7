"""Scripts take turns: nobody has more than a share, whoever waits longest goes first."""

import asyncio
import hashlib
import threading

import pytest

from issue_portal.core.token_bucket import TokenBucket
from tests.loops import run_in_loop, run_in_virtual_time
from web import script_scheduler
from web.script_scheduler import Connection, ScriptScheduler


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("issue_portal.core.token_bucket.time", made)
    monkeypatch.setattr(script_scheduler, "time", made)
    return made


@pytest.fixture(autouse=True)
def four_slots(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOTS", 4)
    monkeypatch.setattr(script_scheduler, "SLOTS_PER_ADDRESS", 2)
    # Runs keep their slots until the test ends them.
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 1000.0)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def cancel(tasks: list[asyncio.Task[None]]) -> None:
    """End the runs that would wait for a second because their tab runs so much."""
    for task in tasks:
        task.cancel()


async def runs(turns: ScriptScheduler, connection: Connection, count: int) -> None:
    for _ in range(count):
        await turns.wait_for_turn(connection)
        turns.finish_run(connection)


async def runs_once(turns: ScriptScheduler, connection: Connection, name: str, order: list[str]):
    """Run a script when it is its turn, and note in what order."""
    await turns.wait_for_turn(connection)
    order.append(name)
    turns.finish_run(connection)


def test_bucket_gives_its_burst_and_then_its_rate(clock):
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


def test_one_address_has_a_share_of_the_slots_only():
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


def test_slot_of_a_script_that_only_waits_is_free_after_a_moment(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)

    async def story():
        turns = ScriptScheduler()
        # None of them says that it has finished: a page that waits for a slow server.
        async with asyncio.timeout(10):
            for number in range(12):
                await turns.wait_for_turn(turns.join(f"192.0.2.{number}"))

    run_in_virtual_time(story)


def test_script_that_uses_the_processor_keeps_its_slot_for_a_while(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)
    looks = 0

    def two(_) -> int:
        nonlocal looks
        looks += 1
        return 2

    monkeypatch.setattr(script_scheduler._BusyScripts, "count", two)

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


def test_scripts_that_wait_while_another_computes_give_their_slots_back(monkeypatch):
    """Sign-ins that waited for one whose password was checked kept all pages waiting."""
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


def test_newer_run_of_a_connection_waits_for_the_one_at_work():
    """Runs that were broken off had said something, which was sent to nobody's use for seconds."""

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


def test_tabs_that_run_much_run_when_no_others_do():
    """Four that ran twenty scripts a second each kept a page waiting as long as they did so."""

    async def story():
        turns = ScriptScheduler()
        floods = [turns.join(f"192.0.2.{number}") for number in range(8)]
        for each in floods:
            await runs(turns, each, 40)
        waiting = [asyncio.create_task(turns.wait_for_turn(each)) for each in floods]
        await settle()
        assert sum(each.done() for each in waiting) == 1
        people = [
            asyncio.create_task(turns.wait_for_turn(turns.join(f"192.0.3.{n}"))) for n in range(3)
        ]
        await settle()
        assert all(each.done() for each in people)
        for each in waiting:
            each.cancel()

    run_in_virtual_time(story)


def test_tabs_that_are_opened_anew_for_each_run_are_no_new_ones():
    async def story():
        turns = ScriptScheduler()
        for number in range(40):
            each = turns.join("192.0.2.1")
            await runs(turns, each, 1)
            assert each.is_busy == (number >= 10)
            turns.leave(each)
        turns.join("192.0.2.1")  # It takes over from them, and the next one does not.
        assert not turns.join("192.0.2.1").is_busy

    run_in_virtual_time(story)


def test_tab_that_runs_much_waits_for_a_second_at_most(monkeypatch):
    monkeypatch.setattr(script_scheduler, "_LONGEST_WAIT", 0.1)

    async def story():
        turns = ScriptScheduler()
        busy = turns.join("192.0.2.1")
        await runs(turns, busy, 40)
        await turns.wait_for_turn(turns.join("192.0.2.2"))
        waiting = asyncio.create_task(turns.wait_for_turn(busy))
        await settle()
        assert not waiting.done()
        async with asyncio.timeout(10):
            await waiting

    run_in_virtual_time(story)


def test_office_at_one_address_is_no_flood(monkeypatch):
    """Fifty people at work waited for as long as somebody elsewhere ran scripts without end."""
    monkeypatch.setattr(script_scheduler, "SLOTS", 2)
    monkeypatch.setattr(script_scheduler, "SLOTS_PER_ADDRESS", 1)

    async def story():
        turns = ScriptScheduler()
        office = [turns.join("192.0.2.1") for _ in range(50)]
        for each in office:
            await runs(turns, each, 1)
        flood = [turns.join("192.0.2.2") for _ in range(4)]
        for each in flood:
            await runs(turns, each, 24)
        others = [turns.join(f"192.0.3.{number}") for number in range(2)]
        for each in others:
            await turns.wait_for_turn(each)
        order = []

        asked = [asyncio.create_task(runs_once(turns, each, "flood", order)) for each in flood]
        await settle()
        asked += [
            asyncio.create_task(runs_once(turns, each, "office", order)) for each in office[:4]
        ]
        await settle()
        assert order == []
        turns.finish_run(others[0])
        await asyncio.gather(*asked[len(flood) :])
        assert order[:4].count("office") >= 2
        cancel(asked)

    run_in_virtual_time(story)


def test_colleague_who_floods_goes_last_at_the_same_address(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOTS_PER_ADDRESS", 1)

    async def story():
        turns = ScriptScheduler()
        flood = turns.join("192.0.2.1")
        await runs(turns, flood, 40)
        busy = turns.join("192.0.2.1")
        await turns.wait_for_turn(busy)
        order = []

        asked = [asyncio.create_task(runs_once(turns, flood, "flood", order))]
        await settle()
        asked.append(
            asyncio.create_task(runs_once(turns, turns.join("192.0.2.1"), "at work", order))
        )
        await settle()
        turns.finish_run(busy)
        await asyncio.gather(*asked)
        assert order == ["at work", "flood"]

    run_in_virtual_time(story)


def test_who_ran_much_is_forgotten_in_time(clock):
    async def story():
        turns = ScriptScheduler()
        tab = turns.join("192.0.2.1")
        for _ in range(60):
            clock.now += 0.5
            await runs(turns, tab, 1)
        assert not tab.is_busy
        await runs(turns, tab, 50)
        assert tab.is_busy
        clock.now += 40
        assert not tab.is_busy

    run_in_loop(story)


def test_runs_that_never_finish_give_their_slots_back(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)
    monkeypatch.setattr(script_scheduler, "RUNS_PER_CONNECTION", (1e6, 1_000_000))
    monkeypatch.setattr(script_scheduler, "RUNS_PER_ADDRESS", (1e6, 1_000_000))
    monkeypatch.setattr(script_scheduler, "RUNS_IN_ALL", (1e6, 1_000_000))

    async def story():
        turns = ScriptScheduler()

        async def flood(connection) -> None:
            while True:
                await turns.wait_for_turn(connection)
                await asyncio.sleep(0)

        floods = [asyncio.create_task(flood(turns.join(f"192.0.2.{n}"))) for n in range(4)]
        await settle()
        async with asyncio.timeout(10):
            await turns.wait_for_turn(turns.join("192.0.2.99"))
        for each in floods:
            each.cancel()

    run_in_virtual_time(story)


def test_flood_of_one_connection_waits_and_of_one_address_too(clock):
    async def story():
        turns = ScriptScheduler()

        async def runs(connection) -> int:
            count = 0
            while True:
                task = asyncio.create_task(turns.wait_for_turn(connection))
                await settle()
                if not task.done():
                    task.cancel()
                    return count
                turns.finish_run(connection)
                count += 1

        _, burst = script_scheduler.RUNS_PER_CONNECTION
        _, burst_of_address = script_scheduler.RUNS_PER_ADDRESS
        assert await runs(turns.join("192.0.2.1")) == burst
        left = burst_of_address - burst
        assert await runs(turns.join("192.0.2.1")) <= left
        # Coming again does not help: what an address has used is remembered.
        again = turns.join("192.0.2.1")
        turns.leave(again)
        assert await runs(turns.join("192.0.2.1")) == 0
        assert await runs(turns.join("192.0.2.2")) == burst
        # Those whose address is not known do not use up each other's.
        assert await runs(turns.join("")) == burst
        assert await runs(turns.join("")) == burst

    run_in_loop(story)
