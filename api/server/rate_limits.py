"""How often a caller may report, change a text and look up receipts.

Counts are kept for one window (a minute by default) in memory or in Redis, under a keyed hash of
the caller; those of anonymous reports in memory only. ``RateLimit`` headers follow the IETF's draft
of that name.
"""

import secrets
from functools import partial
from typing import Final

from api.contract import NewIssue
from api.counters import Counters, Limit
from api.keys import Keys
from api.server.access import Principal
from api.server.problems import ProblemError
from api.server.threads import in_thread
from api.settings import Settings
from api.turns import Bucket, taken

_CALLS: Final = (100.0, 400)
"""Of one API token: refill a second, and the most at once."""

_SECONDS_IN_ONE: Final = 0.002
"""Of a processor: a list of a hundred issues takes four times that."""

_BODY_IN_ONE: Final = 4096
"""Bytes of a body beyond which a call counts as several."""

_CHARACTERS_IN_ONE: Final = 1000
"""Characters of a text beyond which a report counts as several."""


class RateLimits:
    """The limits of one process, or with Redis of all replicas."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._keys = keys
        self._salt = secrets.token_bytes(32)
        self._counters = Counters(settings)
        self._calls: dict[str, Bucket] = {}
        self._create = Limit.read("create", "ISSUES_LIMIT_CREATE", settings.limit_create)
        self._visitor = Limit.read(
            "create", "ISSUES_LIMIT_CREATE_VISITOR", settings.limit_create_visitor
        )
        self._receipt = Limit.read("receipt", "ISSUES_LIMIT_RECEIPT", settings.limit_receipt)

    async def delay(self, who: Principal, size: int) -> None:
        """Have a call with an API token wait if there were very many lately.

        One with a body of ``size`` bytes counts as several. What people do in a portal is delayed
        by their addresses, there.
        """
        if self._counters.is_off or who.token_id is None:
            return
        if who.limited_as not in self._calls:
            self._calls = {name: calls for name, calls in self._calls.items() if not calls.is_full}
        calls = self._calls.setdefault(who.limited_as, Bucket(*_CALLS))
        await taken(calls, 1 + size // _BODY_IN_ONE)

    async def made_up_for(self, who: Principal) -> None:
        """Wait until what calls of this API token have computed before is made up for."""
        if calls := self._calls.get(who.limited_as):
            await taken(calls, 0)

    def count_computing(self, who: Principal, seconds: float) -> None:
        """Count a call that has computed for so long as several: those after it wait."""
        if calls := self._calls.get(who.limited_as):
            calls.take(seconds / _SECONDS_IN_ONE)

    async def count_create(self, who: Principal, new: NewIssue) -> dict[str, str]:
        """Count a report; the headers for its answer, or a 429 problem.

        A long one counts as several: each character takes up to 25 bytes of disk, with all indexes.
        An anonymous one is counted in the memory of this process only: no record of it, however
        well hashed, goes to where somebody could keep it.
        """
        return await self._count(
            self._visitor if who.is_guest else self._create,
            who,
            cost=_cost(new.description),
            shared=not new.anonymous,
        )

    async def count_text(self, who: Principal, text: str) -> dict[str, str]:
        """Count a new text of an issue as a report of its length; headers or a 429 problem."""
        return await self._count(self._create, who, cost=_cost(text), shared=True)

    async def count_receipt(self, who: Principal) -> dict[str, str]:
        """Count a look-up; the headers for its answer, or a 429 problem."""
        return await self._count(self._receipt, who, cost=1, shared=True)

    async def _count(
        self, limit: Limit, who: Principal, *, cost: int, shared: bool
    ) -> dict[str, str]:
        if self._counters.is_off:
            return {}
        where = limit.name if shared else self._salt
        caller = self._keys.hash("rate-limit", where, who.limited_as).hex()[:32]
        take = partial(self._counters.take, limit, caller, cost=cost, shared=shared)
        waits = shared and self._counters.are_elsewhere
        count = await in_thread(take, of=who.limited_as) if waits else take()
        headers = {
            "RateLimit-Policy": f'"{limit.name}";q={limit.item.amount};w={limit.item.get_expiry()}',
            "RateLimit": f'"{limit.name}";r={count.left};t={count.seconds}',
        }
        if not count.allowed:
            raise ProblemError(
                429,
                f"Too many requests: try again in {count.seconds} seconds.",
                headers=headers | {"Retry-After": str(count.seconds)},
            )
        return headers


def _cost(text: str) -> int:
    return 1 + len(text) // _CHARACTERS_IN_ONE
