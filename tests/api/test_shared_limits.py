"""Replicas share rate limits through Redis, and count on their own without it."""

from auth.login_throttle import LoginThrottle
from issue_portal.core.settings import Settings
from tests.login_guesses import guess


def test_replicas_share_counts_and_keep_counting_without_redis(redis):
    url, process = redis
    settings = Settings(limit_sign_in="3/hour", rate_limits=url)
    one, other = LoginThrottle(settings), LoginThrottle(settings)
    assert guess(one, "ann", "here", 2) + guess(other, "ann", "here", 2) == 3
    process.kill()
    process.wait()
    assert guess(one, "ann", "here", 10) == 3
