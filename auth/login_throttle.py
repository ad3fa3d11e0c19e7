"""How often passwords may be tried, counted over all browser sessions for a quarter of an hour.

A few times for one name from one address. Once a name has met many wrong passwords from anywhere,
or an address has sent many for any names, only once more for each pair of them. Beyond that a name
is slowed down altogether, however many addresses guess, and an address that has tried a great many
passwords has to wait. An address from which a name has signed in lately is spared both: so nobody
is shut out by what somebody else does elsewhere.
"""

from limits import parse

from issue_portal.core.rate_limiter import Limit, RateLimiter
from issue_portal.core.settings import Settings

_MANY_FACTOR = 10
"""Times the few that one may fail from one address."""

_VERY_MANY_FACTOR = 40
"""Times the few: wrong passwords of one address, after which all it sends has to wait."""

_NAME_UNDER_ATTACK = Limit("sign-in name", parse("30/15 minutes"))
"""Attempts at a name that has met many wrong passwords, from all new addresses together."""

_KNOWN_PAIR = Limit("sign-in seen", parse("1/30 days"))
"""How long it is remembered that a name has signed in from an address."""


class LoginThrottle:
    """The attempts at sign-in. Names and addresses are given as hashes, or otherwise opaque."""

    def __init__(self, settings: Settings) -> None:
        """Raises `FatalError` if the settings make no sense."""
        self._counters = RateLimiter(settings)
        self._few = Limit.read("sign-in", "ISSUES_LIMIT_SIGN_IN", settings.limit_sign_in)
        self._one = self._few.of(1)
        self._many = self._few.of(_MANY_FACTOR * self._few.item.amount)
        self._very_many = self._few.of(_VERY_MANY_FACTOR * self._few.item.amount)

    def begin(self, name: str, address: str) -> int:
        """Count an attempt before it is made; returns the seconds to wait, 0 if it may be made.

        It is counted before, or many at the same time would all be the first.
        """
        if self._counters.is_off:
            return 0
        pair = _join_pair(name, address)
        name_under_fire, under_fire = (
            self._counters.look(self._many, who).left == 0 for who in (name, address)
        )
        if self._counters.look(_KNOWN_PAIR, pair).left:
            total = self._counters.look(self._very_many, address)
            if total.left == 0:
                return total.seconds
            if name_under_fire:
                slowed = self._counters.take(_NAME_UNDER_ATTACK, name)
                if not slowed.allowed:
                    return slowed.seconds
        limit = self._one if name_under_fire or under_fire else self._few
        count = self._counters.take(limit, pair)
        return 0 if count.allowed else count.seconds

    def failed(self, name: str, address: str) -> None:
        """The password was wrong."""
        if not self._counters.is_off:
            for limit, who in (
                (self._many, name),
                (self._many, address),
                (self._very_many, address),
            ):
                self._counters.take(limit, who)

    def succeeded(self, name: str, address: str) -> None:
        """The password was right, so earlier mistakes do not count any more."""
        pair = _join_pair(name, address)
        for limit in (self._few, self._one):
            self._counters.forget(limit, pair)
        self._counters.take(_KNOWN_PAIR, pair)


def _join_pair(name: str, address: str) -> str:
    return f"{name} {address}"
