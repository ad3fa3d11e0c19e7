"""Limits on password attempts, counted over all browser sessions for a quarter of an hour.

- A pair of name and address has a few attempts.
- After many wrong passwords for the name, or from the address, the pair has only one attempt.
- After many wrong passwords for the name, all new addresses share a limit. After very many from the
  address, it must wait. Both exempt an address from which the name has signed in recently, so that
  nobody can lock out somebody else.
"""

from limits import parse

from issue_portal.core.rate_limiter import Limit, RateLimiter
from issue_portal.core.settings import Settings

_MANY_FACTOR = 10
"""Wrong passwords that count as many, as a multiple of the attempts of a pair."""

_VERY_MANY_FACTOR = 40
"""Wrong passwords after which an address must wait, as a multiple of the attempts of a pair."""

_NAME_UNDER_ATTACK = Limit("sign-in name", parse("30/15 minutes"))
"""Attempts at a name with many wrong passwords, from all new addresses together."""

_KNOWN_PAIR = Limit("sign-in seen", parse("1/30 days"))
"""How long a name counts as having signed in from an address."""


class LoginThrottle:
    """Counts sign-in attempts. Pass names and addresses as hashes: counters must not show them."""

    def __init__(self, settings: Settings) -> None:
        """Raises `FatalError` if the limit in the settings is invalid."""
        self._counters = RateLimiter(settings)
        self._few = Limit.parse("sign-in", "ISSUES_LIMIT_SIGN_IN", settings.limit_sign_in)
        self._one = self._few.with_amount(1)
        self._many = self._few.with_amount(_MANY_FACTOR * self._few.item.amount)
        self._very_many = self._few.with_amount(_VERY_MANY_FACTOR * self._few.item.amount)

    def start_attempt(self, name: str, address: str) -> int:
        """Count an attempt; return 0 if it is allowed, else the seconds to wait.

        Call it before the password check, so that parallel attempts count, too.
        """
        if self._counters.is_off:
            return 0
        pair = _join_pair(name, address)
        name_under_attack, address_attacks = (
            self._counters.peek(self._many, subject).left == 0 for subject in (name, address)
        )
        if self._counters.peek(_KNOWN_PAIR, pair).left:
            total = self._counters.peek(self._very_many, address)
            if total.left == 0:
                return total.seconds
            if name_under_attack:
                slowed = self._counters.take(_NAME_UNDER_ATTACK, name)
                if not slowed.allowed:
                    return slowed.seconds
        limit = self._one if name_under_attack or address_attacks else self._few
        count = self._counters.take(limit, pair)
        return 0 if count.allowed else count.seconds

    def record_failure(self, name: str, address: str) -> None:
        """Count a wrong password."""
        if self._counters.is_off:
            return
        for limit, subject in (
            (self._many, name),
            (self._many, address),
            (self._very_many, address),
        ):
            self._counters.take(limit, subject)

    def record_success(self, name: str, address: str) -> None:
        """Reset the attempts of this pair, and remember that it has signed in."""
        pair = _join_pair(name, address)
        for limit in (self._few, self._one):
            self._counters.reset(limit, pair)
        self._counters.take(_KNOWN_PAIR, pair)


def _join_pair(name: str, address: str) -> str:
    return f"{name} {address}"
