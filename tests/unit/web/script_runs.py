"""Steps of the tests of the script scheduler."""

import asyncio

from web.script_scheduler import Connection, ScriptScheduler


class Clock:
    """A clock that the test sets."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel the runs of busy tabs, which would wait for a second."""
    for task in tasks:
        task.cancel()


async def runs(turns: ScriptScheduler, connection: Connection, count: int) -> None:
    for _ in range(count):
        await turns.wait_for_turn(connection)
        turns.finish_run(connection)


async def runs_once(turns: ScriptScheduler, connection: Connection, name: str, order: list[str]):
    """Run a script when it is its turn, and record the order."""
    await turns.wait_for_turn(connection)
    order.append(name)
    turns.finish_run(connection)
