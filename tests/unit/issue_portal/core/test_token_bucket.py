"""The limit of concurrent operations per key."""

import asyncio

from issue_portal.core.token_bucket import ConcurrencyLimit
from tests.loops import run_in_virtual_time


def test_operations_of_one_key_are_limited_and_other_keys_do_not_wait():
    """Regression: searches of one reporter occupied all threads, and others waited for seconds."""

    async def run_scenario():
        limit, running, may_end = ConcurrencyLimit(2), [], asyncio.Event()

        async def work(name: str) -> None:
            async with limit.get_semaphore(name):
                running.append(name)
                await may_end.wait()

        tasks = [asyncio.create_task(work("greedy")) for _ in range(10)]
        tasks.append(asyncio.create_task(work("other")))
        await asyncio.sleep(1)  # In virtual time: all tasks that may run are running.
        assert sorted(running) == ["greedy", "greedy", "other"]
        may_end.set()
        await asyncio.gather(*tasks)
        assert len(running) == 11

    run_in_virtual_time(run_scenario)
