"""How often passwords may be tried, counted over all browser sessions for a quarter of an hour.

A few times for one name from one address. Once a name has met many wrong passwords from anywhere,
or an address has sent many for any names, only once more for each pair of them: so nobody is shut
out by what somebody else does elsewhere, and a right first try always gets in.
"""

from api.counters import Counters, Limit
from api.settings import Settings

_MANY = 10
"""Times the few that one may fail from one address."""


class Attempts:
    """The attempts at sign-in. Names and addresses are given as hashes, or otherwise opaque."""

    def __init__(self, settings: Settings) -> None:
        """Raises `CannotStart` if the settings make no sense."""
        self._counters = Counters(settings)
        self._few = Limit.read("sign-in", "ISSUES_LIMIT_SIGN_IN", settings.limit_sign_in)
        self._one = self._few.of(1)
        self._many = self._few.of(_MANY * self._few.item.amount)

    def begin(self, name: str, address: str) -> int:
        """Count an attempt before it is made; returns the seconds to wait, 0 if it may be made.

        It is counted before, or many at the same time would all be the first.
        """
        if self._counters.is_off:
            return 0
        under_fire = any(self._counters.look(self._many, who).left == 0 for who in (name, address))
        count = self._counters.take(self._one if under_fire else self._few, _pair(name, address))
        return 0 if count.allowed else count.seconds

    def failed(self, name: str, address: str) -> None:
        """The password was wrong."""
        if not self._counters.is_off:
            for who in (name, address):
                self._counters.take(self._many, who)

    def succeeded(self, name: str, address: str) -> None:
        """The password was right, so earlier mistakes do not count any more."""
        for limit in (self._few, self._one):
            self._counters.forget(limit, _pair(name, address))


def _pair(name: str, address: str) -> str:
    return f"{name} {address}"
