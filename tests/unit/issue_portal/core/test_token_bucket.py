"""Limits at once and limits per second."""

import asyncio

from issue_portal.core.token_bucket import ConcurrencyLimit
from tests.loops import run_in_virtual_time


def test_key_is_limited_at_once_and_does_not_wait_for_others():
    """Regression: searches of one reporter took all threads, and others waited for seconds."""

    async def story():
        turns, at_work, may_go = ConcurrencyLimit(2), [], asyncio.Event()

        async def work(name: str) -> None:
            async with turns.get_semaphore(name):
                at_work.append(name)
                await may_go.wait()

        tasks = [asyncio.create_task(work("greedy")) for _ in range(10)]
        tasks.append(asyncio.create_task(work("other")))
        await asyncio.sleep(1)  # Takes no time; all that can run has run.
        assert sorted(at_work) == ["greedy", "greedy", "other"]
        may_go.set()
        await asyncio.gather(*tasks)
        assert len(at_work) == 11

    run_in_virtual_time(story)
