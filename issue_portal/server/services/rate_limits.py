"""Limits reports, new descriptions and receipt look-ups per caller, and the calls of API tokens.

Counters last for one window (a minute by default), in memory or in Redis. They are named by a keyed
hash of the caller. Counters of anonymous reports and receipts stay in memory. The ``RateLimit``
headers follow the IETF draft "RateLimit header fields for HTTP".
"""

import secrets
from functools import partial
from typing import Final

from issue_portal.core.problems import ProblemError
from issue_portal.core.rate_limiter import Limit, RateLimiter
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.core.token_bucket import TokenBucket, take_tokens
from issue_portal.models.requests import NewIssue
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.threadpool import run_in_thread

_CALL_BUCKET: Final = (100.0, 400)
"""Calls for all API tokens of a user: refill per second, and burst."""

_CHANGE_COST: Final = 5
"""Calls that one change counts as. A change writes to disk."""

_REFUSAL_BUCKET: Final = (20.0, 200)
"""Refused tokens per address: refill per second, and burst."""

_SECONDS_PER_CALL: Final = 0.002
"""CPU seconds that count as one call. A list of 100 issues takes four times as long."""

_BYTES_PER_CALL: Final = 4096
"""Bytes of a body that count as one call."""

_CHARACTERS_PER_REPORT: Final = 1000
"""Characters of a text that count as one report."""


class RateLimits:
    """The limits of one process or, with Redis, of all replicas."""

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
        self._calls_limit = Limit.parse("calls", "ISSUES_LIMIT_CALLS", settings.limit_calls)

    async def delay(self, principal: Principal, size: int, *, is_change: bool = False) -> None:
        """Delay a call while the API tokens of its user exceed `_CALL_BUCKET`.

        Large bodies and changes count as several calls. Calls of the portal are not delayed: the
        portal limits its users by address.
        """
        if calls := self._get_call_bucket(principal):
            await take_tokens(calls, (_CHANGE_COST if is_change else 1) + size // _BYTES_PER_CALL)

    async def delay_changes(self, principal: Principal, count: int) -> None:
        """Delay a POST that makes ``count`` changes, which `delay` has counted as one call."""
        if calls := self._get_call_bucket(principal):
            await take_tokens(calls, _CHANGE_COST * count - 1)

    async def delay_refusal(self, address: str) -> None:
        """Delay a refusal while its address exceeds `_REFUSAL_BUCKET`.

        Does not delay localhost or an unknown address (both are ""), because the portal in this
        process calls the API from localhost.
        """
        if address and not self._counters.is_off:
            await take_tokens(_get_bucket(self._refusals, address, _REFUSAL_BUCKET))

    def _get_call_bucket(self, principal: Principal) -> TokenBucket | None:
        if self._counters.is_off or principal.token_id is None:
            return None
        return _get_bucket(self._calls, principal.rate_limit_key, _CALL_BUCKET)

    async def wait_until_within_limit(self, principal: Principal) -> None:
        """Wait while a user's API tokens exceed `_CALL_BUCKET` with calls and computing time.

        Does not count the call again: `delay` has counted it.
        """
        if calls := self._calls.get(principal.rate_limit_key):
            await take_tokens(calls, 0)

    def charge_seconds(self, principal: Principal, seconds: float) -> None:
        """Charge the computing time of a call to its API tokens, so that later calls wait."""
        if calls := self._calls.get(principal.rate_limit_key):
            calls.take(seconds / _SECONDS_PER_CALL)

    async def count_calls(
        self, principal: Principal, response_headers: dict[str, str], count: int = 1
    ) -> None:
        """Count reads and changes of API tokens; add the state of its limit to the headers.

        Raises a 429. Callers with a portal token have no limit: the portal limits them by address.
        """
        if principal.token_id is not None:
            await self._count(self._calls_limit, principal, response_headers, cost=count)

    async def count_create(
        self, principal: Principal, new: NewIssue, response_headers: dict[str, str]
    ) -> None:
        """Count a report; add the state of its limit to the headers. Raises a 429.

        A long report counts as several reports: each character takes up to 25 bytes of disk,
        indexes included. Anonymous reports count in the memory of this process only, so that not
        even a hash of the reporter is stored elsewhere.
        """
        limit = self._visitor if principal.is_visitor else self._create
        cost = _compute_cost(new.description or "")
        await self._count(limit, principal, response_headers, cost=cost, shared=not new.anonymous)

    async def count_text(
        self, principal: Principal, text: str, response_headers: dict[str, str]
    ) -> None:
        """Count a new description like a report of its length.

        Adds the state of the limit to the headers. Raises a 429.
        """
        await self._count(self._create, principal, response_headers, cost=_compute_cost(text))

    async def count_receipt(self, principal: Principal, response_headers: dict[str, str]) -> None:
        """Count a receipt look-up, in memory only: the caller is an anonymous reporter.

        Adds the state of the limit to the headers. Raises a 429.
        """
        await self._count(self._receipt, principal, response_headers, shared=False)

    async def _count(
        self,
        limit: Limit,
        principal: Principal,
        response_headers: dict[str, str],
        *,
        cost: int = 1,
        shared: bool = True,
    ) -> None:
        if self._counters.is_off:
            return
        # The salt is random, so the secret key alone cannot reproduce an anonymous reporter's key.
        namespace = limit.name if shared else self._salt
        key = self._keys.hash("rate-limit", namespace, principal.rate_limit_key).hex()[:32]
        take = partial(self._counters.take, limit, key, cost=cost, shared=shared)
        waits = shared and self._counters.is_remote
        state = await run_in_thread(take, caller=principal.rate_limit_key) if waits else take()
        _append(
            response_headers,
            "RateLimit-Policy",
            f'"{limit.name}";q={limit.item.amount};w={limit.item.get_expiry()}',
        )
        _append(response_headers, "RateLimit", f'"{limit.name}";r={state.left};t={state.seconds}')
        if not state.allowed:
            raise ProblemError(
                429,
                f"Too many requests: try again in {state.seconds} seconds.",
                headers={"Retry-After": str(state.seconds)},
            )


def _append(headers: dict[str, str], name: str, item: str) -> None:
    """Add an item to a header that is a list (RFC 9651)."""
    headers[name] = f"{headers[name]}, {item}" if name in headers else item


def _get_bucket(
    buckets: dict[str, TokenBucket], name: str, rate_and_burst: tuple[float, int]
) -> TokenBucket:
    """Return the bucket of a name. If it is missing, delete the full (unused) ones and add it."""
    if name not in buckets:
        for full in [other for other, bucket in buckets.items() if bucket.is_full]:
            del buckets[full]
        buckets[name] = TokenBucket(*rate_and_burst)
    return buckets[name]


def _compute_cost(text: str) -> int:
    return 1 + len(text) // _CHARACTERS_PER_REPORT
