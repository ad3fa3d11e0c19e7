"""How often a caller may report, change a text and look up receipts.

Counts are kept for one window (a minute by default) in memory or in Redis, under a keyed hash of
the caller; those of anonymous reports and receipts in memory only. ``RateLimit`` headers follow the
IETF's draft of that name.
"""

import secrets
from functools import partial
from typing import Final

from issue_portal.core.problems import ProblemError
from issue_portal.core.rate_limiter import Limit, RateLimiter
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.core.token_bucket import TokenBucket, take_tokens
from issue_portal.models.permissions import Action
from issue_portal.models.requests import NewIssue
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.threadpool import run_in_thread

_CALL_BUCKET: Final = (100.0, 400)
"""Of one API token: refill a second, and the most at once."""

_CHANGE_COST: Final = 5
"""It is written to the disk, and what others ask for has to be read from it again."""

_REFUSAL_BUCKET: Final = (20.0, 200)
"""Of one address with tokens that are not known: refill a second, and the most at once."""

_SECONDS_PER_CALL: Final = 0.002
"""Of a processor: a list of a hundred issues takes four times that."""

_BYTES_PER_CALL: Final = 4096
"""Bytes of a body beyond which a call counts as several."""

_CHARACTERS_PER_REPORT: Final = 1000
"""Characters of a text beyond which a report counts as several."""


class RateLimits:
    """The limits of one process, or with Redis of all replicas."""

    def __init__(self, settings: Settings, keys: SecretKeys) -> None:
        self._keys = keys
        self._salt = secrets.token_bytes(32)
        self._counters = RateLimiter(settings)
        self._calls: dict[str, TokenBucket] = {}
        self._refusals: dict[str, TokenBucket] = {}
        self._create = Limit.parse("create", "ISSUES_LIMIT_CREATE", settings.limit_create)
        self._visitor = Limit.parse(
            "create", "ISSUES_LIMIT_CREATE_VISITOR", settings.limit_create_visitor
        )
        self._receipt = Limit.parse("receipt", "ISSUES_LIMIT_RECEIPT", settings.limit_receipt)

    async def delay(self, principal: Principal, size: int, *, is_change: bool = False) -> None:
        """Have a call with an API token wait if there were very many lately.

        One with a body of ``size`` bytes counts as several, and so does one that changes something.
        What people do in a portal is delayed by their addresses, there.
        """
        if calls := self._get_call_bucket(principal):
            await take_tokens(calls, (_CHANGE_COST if is_change else 1) + size // _BYTES_PER_CALL)

    def take_if_ready(self, principal: Principal) -> bool:
        """Count a call whose answer is known already; False if it would have to wait."""
        calls = self._get_call_bucket(principal)
        if calls is None:
            return True
        if calls.seconds_until_token():
            return False
        calls.take()
        return True

    async def delay_refusal(self, address: str) -> None:
        """Have an address wait for a refusal if it has sent many tokens that are not known.

        One that is not known (""), as of the portal beside this API, does not wait.
        """
        if address and not self._counters.is_off:
            await take_tokens(_get_bucket(self._refusals, address, _REFUSAL_BUCKET))

    def _get_call_bucket(self, principal: Principal) -> TokenBucket | None:
        if self._counters.is_off or principal.token_id is None:
            return None
        return _get_bucket(self._calls, principal.rate_limit_key, _CALL_BUCKET)

    async def wait_for_debt(self, principal: Principal) -> None:
        """Wait until what calls of this API token have computed before is made up for."""
        if calls := self._calls.get(principal.rate_limit_key):
            await take_tokens(calls, 0)

    def charge_seconds(self, principal: Principal, seconds: float) -> None:
        """Count a call that has computed for so long as several: those after it wait."""
        if calls := self._calls.get(principal.rate_limit_key):
            calls.take(seconds / _SECONDS_PER_CALL)

    async def count_create(self, principal: Principal, new: NewIssue) -> dict[str, str]:
        """Count a report; the headers for its answer, or a 429 problem.

        A long one counts as several: each character takes up to 25 bytes of disk, with all indexes.
        An anonymous one is counted in the memory of this process only: no record of it, however
        well hashed, goes to where somebody could keep it.
        """
        return await self._count(
            self._create if principal.may(Action.CREATE_NAMED) else self._visitor,
            principal,
            cost=_compute_cost(new.description),
            shared=not new.anonymous,
        )

    async def count_text(self, principal: Principal, text: str) -> dict[str, str]:
        """Count a new text of an issue as a report of its length; headers or a 429 problem."""
        return await self._count(self._create, principal, cost=_compute_cost(text), shared=True)

    async def count_receipt(self, principal: Principal) -> dict[str, str]:
        """Count a look-up, in memory like an anonymous report: its sender looks at it next.

        Returns the headers for its answer; raises a 429 problem.
        """
        return await self._count(self._receipt, principal, cost=1, shared=False)

    async def _count(
        self, limit: Limit, principal: Principal, *, cost: int, shared: bool
    ) -> dict[str, str]:
        if self._counters.is_off:
            return {}
        where = limit.name if shared else self._salt
        key = self._keys.hash("rate-limit", where, principal.rate_limit_key).hex()[:32]
        take = partial(self._counters.take, limit, key, cost=cost, shared=shared)
        waits = shared and self._counters.is_remote
        count = await run_in_thread(take, caller=principal.rate_limit_key) if waits else take()
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


def _get_bucket(buckets: dict[str, TokenBucket], name: str, size: tuple[float, int]) -> TokenBucket:
    """The bucket of a name; the full ones of others are forgotten when a new one is made."""
    if name not in buckets:
        for full in [other for other, bucket in buckets.items() if bucket.is_full]:
            del buckets[full]
        buckets[name] = TokenBucket(*size)
    return buckets[name]


def _compute_cost(text: str) -> int:
    return 1 + len(text) // _CHARACTERS_PER_REPORT
