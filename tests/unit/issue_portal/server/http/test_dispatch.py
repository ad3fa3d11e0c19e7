"""Changes by one caller take turns and hardly delay others."""

import asyncio
from functools import partial
from unittest.mock import AsyncMock, Mock

from anyio import CapacityLimiter

from issue_portal.server.http.dispatch import run_change
from tests.loops import run_in_loop


def test_changes_of_one_caller_take_turns_and_hardly_delay_others():
    """Regression: 12 connections that edited texts delayed another's report by 2.5 s."""

    async def story():
        made: list[str] = []
        database = Mock(writers=CapacityLimiter(1), is_postgresql=False)
        service = Mock(database=database, **{"rate_limits.wait_for_charges": AsyncMock()})

        async def change(name: str) -> None:
            call = Mock(service=service, **{"principal.rate_limit_key": name})
            await run_change(call, partial(made.append, name))

        of_greedy = [asyncio.create_task(change("greedy")) for _ in range(10)]
        await asyncio.sleep(0)
        await change("other")
        assert service.rate_limits.charge_seconds.called
        assert made.index("other") <= 2
        await asyncio.gather(*of_greedy)
        assert len(made) == 11

    run_in_loop(story)
