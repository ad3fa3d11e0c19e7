"""Named limits in the memory of one process."""

from unittest.mock import Mock

import pytest

from issue_portal.core import rate_limiter
from issue_portal.core.rate_limiter import Limit, RateLimiter
from issue_portal.core.settings import FatalError, Settings

LIMIT = Limit.parse("few", "", "3/minute")


@pytest.fixture
def limiter() -> RateLimiter:
    return RateLimiter(Settings(_env_file=None))


def test_events_over_the_limit_are_refused_per_key(limiter):
    states = [limiter.take(LIMIT, "ann") for _ in range(4)]
    assert [(state.allowed, state.left) for state in states] == [
        (True, 2),
        (True, 1),
        (True, 0),
        (False, 0),
    ]
    assert 1 <= states[-1].seconds <= 60
    assert limiter.take(LIMIT, "bob").allowed


def test_cost_above_the_limit_counts_as_the_whole_limit(limiter):
    assert limiter.take(LIMIT, "ann", cost=2).left == 1
    assert not limiter.take(LIMIT, "ann", cost=2).allowed
    assert limiter.take(LIMIT, "bob", cost=500).allowed


def test_peek_does_not_count_and_reset_clears(limiter):
    assert [limiter.peek(LIMIT, "ann").left for _ in range(2)] == [3, 3]
    limiter.take(LIMIT, "ann", cost=3)
    assert not limiter.peek(LIMIT, "ann").allowed
    limiter.reset(LIMIT, "ann")
    assert limiter.peek(LIMIT, "ann").left == 3


def test_limits_with_other_names_count_separately(limiter):
    limiter.take(LIMIT, "ann", cost=3)
    assert limiter.take(Limit.parse("others", "", "3/minute"), "ann").allowed
    assert LIMIT.with_amount(10).item.amount == 10
    assert LIMIT.with_amount(10).name == LIMIT.name


@pytest.mark.parametrize("text", ["", "many", "0/minute", "3/fortnight"])
def test_invalid_limit_names_its_setting(text):
    with pytest.raises(FatalError, match="ISSUES_LIMIT_CREATE"):
        Limit.parse("create", "ISSUES_LIMIT_CREATE", text)


def test_unreachable_redis_is_replaced_by_memory(monkeypatch):
    monkeypatch.setattr(rate_limiter, "log", log := Mock())
    limiter = RateLimiter(Settings(rate_limits="redis://127.0.0.1:9", _env_file=None))
    assert limiter.is_remote
    assert [limiter.take(LIMIT, "ann").allowed for _ in range(4)] == [True] * 3 + [False]
    assert log.warning.call_count == 1
