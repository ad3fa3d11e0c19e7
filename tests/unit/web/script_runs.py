"""Script runs for tests of the script scheduler."""

import asyncio

from web.script_scheduler import Connection, ScriptScheduler


class Clock:
    """A clock that the test sets."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


async def settle() -> None:
    """Let all tasks run until each waits or has finished."""
    for _ in range(10):
        await asyncio.sleep(0)


def cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel waiting script runs. The run of a busy tab waits for up to a second."""
    for task in tasks:
        task.cancel()


async def run_scripts(scheduler: ScriptScheduler, connection: Connection, count: int) -> None:
    for _ in range(count):
        await scheduler.wait_for_turn(connection)
        scheduler.free_slot(connection)


async def run_and_record(
    scheduler: ScriptScheduler, connection: Connection, name: str, order: list[str]
) -> None:
    """Run a script when its turn comes, and append its name to ``order``."""
    await scheduler.wait_for_turn(connection)
    order.append(name)
    scheduler.free_slot(connection)
