"""Password guesses for tests of the login throttle."""

from auth.login_throttle import LoginThrottle


def guess_and_count_allowed(
    throttle: LoginThrottle, name: str, address: str, times: int = 1
) -> int:
    """Try ``times`` wrong passwords; return how many of them the throttle allowed."""
    allowed = 0
    for _ in range(times):
        if throttle.start_attempt(name, address) == 0:
            throttle.record_failure(name, address)
            allowed += 1
    return allowed
