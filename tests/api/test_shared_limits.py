"""Replicas share the sign-in throttle through Redis, or count alone without Redis."""

from auth.login_throttle import LoginThrottle
from issue_portal.core.settings import Settings
from tests.login_guesses import guess


def test_replicas_share_attempts_and_count_alone_without_redis(redis):
    url, process = redis
    settings = Settings(limit_sign_in="3/hour", rate_limits=url)
    first, second = LoginThrottle(settings), LoginThrottle(settings)
    assert guess(first, "ann", "here", 2) + guess(second, "ann", "here", 2) == 3
    process.kill()
    process.wait()
    assert guess(first, "ann", "here", 10) == 3
