"""Tabs and addresses that run many scripts wait for those that run few."""

import asyncio

import pytest

from tests.loops import run_in_loop, run_in_virtual_time
from tests.unit.web.script_runs import cancel, runs, runs_once, settle
from web import script_scheduler
from web.script_scheduler import ScriptScheduler

pytestmark = pytest.mark.usefixtures("four_slots")


def test_busy_tabs_run_when_no_others_do():
    """Regression: four tabs with twenty runs a second each blocked another page."""

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


def test_reopened_tabs_inherit_recent_runs():
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


def test_busy_tab_waits_for_a_limited_time(monkeypatch):
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


def test_many_people_at_one_address_are_no_flood(monkeypatch):
    """Regression: fifty people at one address waited while another address flooded."""
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


def test_busy_tab_goes_last_at_its_address(monkeypatch):
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


def test_busy_tab_recovers_in_time(clock):
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


def test_unfinished_runs_free_their_slots(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 0.01)
    monkeypatch.setattr(script_scheduler, "RUNS_PER_CONNECTION", (1e6, 1_000_000))
    monkeypatch.setattr(script_scheduler, "RUNS_PER_ADDRESS", (1e6, 1_000_000))
    monkeypatch.setattr(script_scheduler, "RUNS_IN_TOTAL", (1e6, 1_000_000))

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


def test_runs_are_limited_per_connection_and_address(clock):
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
