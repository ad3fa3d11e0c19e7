"""Replicas share the sign-in throttle through Redis, or count alone without Redis."""

from auth.login_throttle import LoginThrottle
from issue_portal.core.settings import Settings
from tests.login_guesses import guess_and_count_allowed


def test_replicas_share_attempts_and_count_alone_without_redis(redis):
    url, process = redis
    settings = Settings(limit_sign_in="3/hour", rate_limits=url)
    first, second = LoginThrottle(settings), LoginThrottle(settings)
    allowed = [guess_and_count_allowed(each, "ann", "here", 2) for each in (first, second)]
    assert sum(allowed) == 3
    process.kill()
    process.wait()
    assert guess_and_count_allowed(first, "ann", "here", 10) == 3
