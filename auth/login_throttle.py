"""Limits on password attempts, counted over all browser sessions (``ISSUES_LIMIT_SIGN_IN``).

An address is new to a name unless the name has signed in from it during the last 30 days.

- Each name has a few attempts per address, by default 5 in 15 minutes.
- After 50 wrong passwords for a name, the name has one attempt per address, and all addresses that
  are new to it share 30 attempts.
- After 50 wrong passwords from an address, the address has one attempt per name.
- After 200 wrong passwords from an address, it has no attempt at names to which it is new.

50 and 200 are 10 and 40 times the number in the setting. Attacks cannot lock out users at their
usual addresses.
"""

from limits import parse

from issue_portal.core.rate_limiter import Limit, RateLimiter
from issue_portal.core.settings import Settings

_ATTACK_FACTOR = 10
"""Wrong passwords that count as an attack, as a multiple of ``ISSUES_LIMIT_SIGN_IN``."""

_BLOCK_FACTOR = 40
"""Wrong passwords after which an address is blocked, as a multiple of ``ISSUES_LIMIT_SIGN_IN``."""

_ATTACKED_NAME_LIMIT = Limit("sign-in name", parse("30/15 minutes"))
"""Attempts at an attacked name from all new addresses together."""

_SIGNED_IN_PAIR = Limit("sign-in seen", parse("1/30 days"))
"""Not a limit but a memory: used up for 30 days after a name has signed in from an address."""


class LoginThrottle:
    """Counts sign-in attempts. Callers pass names and addresses as hashes."""

    def __init__(self, settings: Settings) -> None:
        """Raises `FatalError` if the limit in the settings is invalid."""
        self._counters = RateLimiter(settings)
        self._pair_limit = Limit.parse("sign-in", "ISSUES_LIMIT_SIGN_IN", settings.limit_sign_in)
        self._attacked_pair_limit = self._pair_limit.with_amount(1)
        attempts = self._pair_limit.item.amount
        self._attack_limit = self._pair_limit.with_amount(_ATTACK_FACTOR * attempts)
        self._block_limit = self._pair_limit.with_amount(_BLOCK_FACTOR * attempts)

    def start_attempt(self, name: str, address: str, alias: str = "") -> int:
        """Count an attempt; return 0 if it is allowed, else the seconds to wait.

        Call this method before the password check, so that parallel attempts are counted. ``alias``
        is another name, of which only failures are counted: see `auth.password.find_alias`.
        """
        if self._counters.is_off:
            return 0
        if alias:
            count = self._counters.peek(
                self._choose_limit(alias, address), _join_pair(alias, address)
            )
            if count.left == 0:
                return count.seconds
        pair = _join_pair(name, address)
        is_name_attacked = self._is_used_up(self._attack_limit, name)
        is_address_new = not self._is_used_up(_SIGNED_IN_PAIR, pair)
        if is_address_new:
            block = self._counters.peek(self._block_limit, address)
            if block.left == 0:
                return block.seconds
            if is_name_attacked:
                shared = self._counters.take(_ATTACKED_NAME_LIMIT, name)
                if not shared.allowed:
                    return shared.seconds
        count = self._counters.take(self._choose_limit(name, address), pair)
        return 0 if count.allowed else count.seconds

    def record_failure(self, name: str, address: str, alias: str = "") -> None:
        """Count a wrong password."""
        if self._counters.is_off:
            return
        if alias:
            pair = _join_pair(alias, address)
            self._counters.take(self._choose_limit(alias, address), pair)
            self._counters.take(self._attack_limit, alias)
        for limit, key in (
            (self._attack_limit, name),
            (self._attack_limit, address),
            (self._block_limit, address),
        ):
            self._counters.take(limit, key)

    def record_success(self, name: str, address: str) -> None:
        """Reset the attempts at ``name`` from ``address``, and remember the sign-in for 30 days."""
        pair = _join_pair(name, address)
        for limit in (self._pair_limit, self._attacked_pair_limit):
            self._counters.reset(limit, pair)
        self._counters.take(_SIGNED_IN_PAIR, pair)

    def _choose_limit(self, name: str, address: str) -> Limit:
        """Return the limit of attempts at a name from an address."""
        is_attack = any(self._is_used_up(self._attack_limit, key) for key in (name, address))
        return self._attacked_pair_limit if is_attack else self._pair_limit

    def _is_used_up(self, limit: Limit, key: str) -> bool:
        return self._counters.peek(limit, key).left == 0


def _join_pair(name: str, address: str) -> str:
    return f"{name} {address}"
