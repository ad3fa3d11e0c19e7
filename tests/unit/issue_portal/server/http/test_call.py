"""Changes by one caller take turns with changes by others."""

import asyncio
from functools import partial
from unittest.mock import AsyncMock, Mock

from anyio import CapacityLimiter

from issue_portal.models.vocabulary import Role
from issue_portal.server.http.call import Call
from issue_portal.server.services.principal import Principal
from tests.loops import run_in_loop


def test_change_waits_for_at_most_two_changes_of_another_caller():
    """Regression: 12 connections that edited texts delayed another caller's report by 2.5 s."""

    async def run_scenario():
        changes: list[str] = []
        database = Mock(writers=CapacityLimiter(1), is_postgresql=False)
        service = Mock(database=database, **{"rate_limits.wait_until_within_limit": AsyncMock()})

        async def change(name: str) -> None:
            call = Call(service, Principal(Role.MEMBER, name, name))
            await call.change(partial(changes.append, name))

        flood = [asyncio.create_task(change("greedy")) for _ in range(10)]
        await asyncio.sleep(0)
        await change("other")
        assert service.rate_limits.charge_seconds.called
        assert changes.index("other") <= 2
        await asyncio.gather(*flood)
        assert len(changes) == 11

    run_in_loop(run_scenario)
