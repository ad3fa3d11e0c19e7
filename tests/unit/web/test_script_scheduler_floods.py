"""Tabs and addresses that run many scripts wait for those that run few."""

import asyncio

import pytest

from tests.loops import run_in_loop, run_in_virtual_time
from tests.unit.web.script_runs import cancel, run_and_record, run_scripts, settle
from web import script_scheduler
from web.script_scheduler import ScriptScheduler

pytestmark = pytest.mark.usefixtures("four_slots")


def test_only_one_busy_tab_runs_and_other_tabs_do_not_wait():
    """Regression: four tabs, each of which ran twenty scripts a second, blocked another page."""

    async def run_scenario():
        scheduler = ScriptScheduler()
        floods = [scheduler.join(f"192.0.2.{number}") for number in range(8)]
        for each in floods:
            await run_scripts(scheduler, each, 40)
        waiting = [asyncio.create_task(scheduler.wait_for_turn(each)) for each in floods]
        await settle()
        assert sum(each.done() for each in waiting) == 1
        people = [
            asyncio.create_task(scheduler.wait_for_turn(scheduler.join(f"192.0.3.{n}")))
            for n in range(3)
        ]
        await settle()
        assert all(each.done() for each in people)
        for each in waiting:
            each.cancel()

    run_in_virtual_time(run_scenario)


def test_reopened_tab_inherits_recent_runs():
    async def run_scenario():
        scheduler = ScriptScheduler()
        for number in range(40):
            tab = scheduler.join("192.0.2.1")
            await run_scripts(scheduler, tab, 1)
            assert tab.is_busy == (number >= 10)
            scheduler.leave(tab)
        scheduler.join("192.0.2.1")  # This tab inherits the runs, so the next tab does not.
        assert not scheduler.join("192.0.2.1").is_busy

    run_in_virtual_time(run_scenario)


def test_busy_tab_waits_for_a_limited_time(monkeypatch):
    monkeypatch.setattr(script_scheduler, "_LONGEST_WAIT", 0.1)

    async def run_scenario():
        scheduler = ScriptScheduler()
        busy = scheduler.join("192.0.2.1")
        await run_scripts(scheduler, busy, 40)
        await scheduler.wait_for_turn(scheduler.join("192.0.2.2"))
        waiting = asyncio.create_task(scheduler.wait_for_turn(busy))
        await settle()
        assert not waiting.done()
        async with asyncio.timeout(10):
            await waiting

    run_in_virtual_time(run_scenario)


def test_office_at_one_address_gets_half_of_the_turns_beside_a_flood(monkeypatch):
    """Regression: fifty people at one address waited while another address flooded."""
    monkeypatch.setattr(script_scheduler, "SLOTS", 2)
    monkeypatch.setattr(script_scheduler, "SLOTS_PER_ADDRESS", 1)

    async def run_scenario():
        scheduler = ScriptScheduler()
        office = [scheduler.join("192.0.2.1") for _ in range(50)]
        for each in office:
            await run_scripts(scheduler, each, 1)
        flood = [scheduler.join("192.0.2.2") for _ in range(4)]
        for each in flood:
            await run_scripts(scheduler, each, 24)
        others = [scheduler.join(f"192.0.3.{number}") for number in range(2)]
        for each in others:
            await scheduler.wait_for_turn(each)
        order = []

        tasks = [
            asyncio.create_task(run_and_record(scheduler, each, "flood", order)) for each in flood
        ]
        await settle()
        tasks += [
            asyncio.create_task(run_and_record(scheduler, each, "office", order))
            for each in office[:4]
        ]
        await settle()
        assert order == []
        scheduler.free_slot(others[0])
        await asyncio.gather(*tasks[len(flood) :])
        assert order[:4].count("office") >= 2
        cancel(tasks)

    run_in_virtual_time(run_scenario)


def test_busy_tab_runs_after_other_tabs_of_its_address(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOTS_PER_ADDRESS", 1)

    async def run_scenario():
        scheduler = ScriptScheduler()
        flood = scheduler.join("192.0.2.1")
        await run_scripts(scheduler, flood, 40)
        running = scheduler.join("192.0.2.1")
        await scheduler.wait_for_turn(running)
        order = []

        tasks = [asyncio.create_task(run_and_record(scheduler, flood, "flood", order))]
        await settle()
        tasks.append(
            asyncio.create_task(
                run_and_record(scheduler, scheduler.join("192.0.2.1"), "at work", order)
            )
        )
        await settle()
        scheduler.free_slot(running)
        await asyncio.gather(*tasks)
        assert order == ["at work", "flood"]

    run_in_virtual_time(run_scenario)


def test_tab_is_no_longer_busy_40_seconds_after_a_flood(clock):
    async def run_scenario():
        scheduler = ScriptScheduler()
        tab = scheduler.join("192.0.2.1")
        for _ in range(60):
            clock.now += 0.5
            await run_scripts(scheduler, tab, 1)
        assert not tab.is_busy
        await run_scripts(scheduler, tab, 50)
        assert tab.is_busy
        clock.now += 40
        assert not tab.is_busy

    run_in_loop(run_scenario)


def test_unfinished_runs_lose_their_slots(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)
    monkeypatch.setattr(script_scheduler, "RUN_RATE_PER_CONNECTION", (1e6, 1_000_000))
    monkeypatch.setattr(script_scheduler, "RUN_RATE_PER_ADDRESS", (1e6, 1_000_000))
    monkeypatch.setattr(script_scheduler, "RUN_RATE_IN_TOTAL", (1e6, 1_000_000))

    async def run_scenario():
        scheduler = ScriptScheduler()

        async def flood(connection) -> None:
            while True:
                await scheduler.wait_for_turn(connection)
                await asyncio.sleep(0)

        floods = [asyncio.create_task(flood(scheduler.join(f"192.0.2.{n}"))) for n in range(4)]
        await settle()
        async with asyncio.timeout(10):
            await scheduler.wait_for_turn(scheduler.join("192.0.2.99"))
        for each in floods:
            each.cancel()

    run_in_virtual_time(run_scenario)


def test_runs_are_limited_per_connection_and_address(clock):
    async def run_scenario():
        scheduler = ScriptScheduler()

        async def count_runs(connection) -> int:
            """Run scripts until one must wait; return how many ran."""
            count = 0
            while True:
                task = asyncio.create_task(scheduler.wait_for_turn(connection))
                await settle()
                if not task.done():
                    task.cancel()
                    return count
                scheduler.free_slot(connection)
                count += 1

        _, burst = script_scheduler.RUN_RATE_PER_CONNECTION
        _, burst_of_address = script_scheduler.RUN_RATE_PER_ADDRESS
        assert await count_runs(scheduler.join("192.0.2.1")) == burst
        left = burst_of_address - burst
        assert await count_runs(scheduler.join("192.0.2.1")) <= left
        # Closing a tab does not reset the limit of its address.
        scheduler.leave(scheduler.join("192.0.2.1"))
        assert await count_runs(scheduler.join("192.0.2.1")) == 0
        assert await count_runs(scheduler.join("192.0.2.2")) == burst
        # Connections without an address do not share limits.
        assert await count_runs(scheduler.join("")) == burst
        assert await count_runs(scheduler.join("")) == burst

    run_in_loop(run_scenario)
