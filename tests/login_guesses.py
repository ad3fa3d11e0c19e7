"""Password guesses for tests of the login throttle."""

from auth.login_throttle import LoginThrottle


def guess(attempts: LoginThrottle, name: str, address: str, times: int = 1) -> int:
    """Guess wrong passwords; return how many were let through."""
    allowed = 0
    for _ in range(times):
        if attempts.start_attempt(name, address) == 0:
            attempts.record_failure(name, address)
            allowed += 1
    return allowed
