"""The login throttle stops a guesser without locking out others."""

import pytest

from auth.login_throttle import LoginThrottle
from issue_portal.core.settings import FatalError, Settings
from tests.login_guesses import guess


@pytest.fixture
def attempts() -> LoginThrottle:
    return LoginThrottle(Settings(limit_sign_in="3/hour"))


def test_guesser_is_stopped_with_the_time_to_wait(attempts):
    assert guess(attempts, "ann", "here", 10) == 3
    assert 3590 <= attempts.start_attempt("ann", "here") <= 3600


def test_other_people_can_sign_in_during_guesses(attempts):
    guess(attempts, "ann", "here", 10)
    assert attempts.start_attempt("ann", "elsewhere") == 0
    assert attempts.start_attempt("ben", "here") == 0


def test_correct_password_resets_the_count(attempts):
    for _ in range(10):
        assert guess(attempts, "ann", "here", 2) == 2
        assert attempts.start_attempt("ann", "here") == 0
        attempts.record_success("ann", "here")


def test_attacked_name_allows_one_guess_per_address(attempts):
    for number in range(10):
        guess(attempts, "ann", f"address {number}", 3)
    assert guess(attempts, "ann", "another", 10) == 1
    assert attempts.start_attempt("ann", "where ann is") == 0
    attempts.record_success("ann", "where ann is")
    assert attempts.start_attempt("ann", "where ann is") == 0


def test_guessing_address_has_one_guess_per_name(attempts):
    for number in range(30):
        guess(attempts, f"name {number}", "here")
    assert guess(attempts, "ann", "here", 10) == 1
    assert guess(attempts, "ann", "elsewhere", 10) == 3


def test_attacked_name_is_blocked_except_from_known_addresses(attempts):
    assert attempts.start_attempt("ann", "home") == 0
    attempts.record_success("ann", "home")
    # A botnet: each guess comes from an address of its own.
    guessed = sum(guess(attempts, "ann", f"address {number}") for number in range(500))
    assert guessed <= 30 + 30
    assert attempts.start_attempt("ann", "one more address") > 0
    assert attempts.start_attempt("ann", "home") == 0
    attempts.record_success("ann", "home")
    assert attempts.start_attempt("ben", "one more address") == 0


def test_address_that_tries_random_names_is_blocked(attempts):
    assert attempts.start_attempt("ann", "here") == 0
    attempts.record_success("ann", "here")
    guessed = sum(guess(attempts, f"name {number}", "here") for number in range(500))
    assert guessed == 120
    assert attempts.start_attempt("ben", "here") > 0
    assert attempts.start_attempt("ben", "elsewhere") == 0
    assert attempts.start_attempt("ann", "here") == 0


def test_concurrent_attempts_are_all_counted(attempts):
    assert [attempts.start_attempt("ann", "here") == 0 for _ in range(4)] == [True] * 3 + [False]


def test_limits_can_be_switched_off():
    assert guess(LoginThrottle(Settings(rate_limits="off")), "ann", "here", 100) == 100


def test_invalid_limit_is_reported():
    with pytest.raises(FatalError, match="ISSUES_LIMIT_SIGN_IN"):
        LoginThrottle(Settings(limit_sign_in="sometimes"))
