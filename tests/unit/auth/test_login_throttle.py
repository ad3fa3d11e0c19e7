"""How often passwords may be tried: a guesser is stopped, and stops nobody else."""

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


def test_others_get_in_meanwhile(attempts):
    guess(attempts, "ann", "here", 10)
    assert attempts.start_attempt("ann", "elsewhere") == 0
    assert attempts.start_attempt("ben", "here") == 0


def test_right_password_forgives_earlier_mistakes(attempts):
    for _ in range(10):
        assert guess(attempts, "ann", "here", 2) == 2
        assert attempts.start_attempt("ann", "here") == 0
        attempts.record_success("ann", "here")


def test_name_under_fire_from_everywhere_has_one_guess_an_address(attempts):
    for number in range(10):
        guess(attempts, "ann", f"address {number}", 3)
    assert guess(attempts, "ann", "another", 10) == 1
    assert attempts.start_attempt("ann", "where ann is") == 0
    attempts.record_success("ann", "where ann is")
    assert attempts.start_attempt("ann", "where ann is") == 0


def test_address_that_tries_all_names_has_one_guess_a_name(attempts):
    for number in range(30):
        guess(attempts, f"name {number}", "here")
    assert guess(attempts, "ann", "here", 10) == 1
    assert guess(attempts, "ann", "elsewhere", 10) == 3


def test_name_under_fire_is_slowed_altogether_but_not_where_it_has_signed_in(attempts):
    assert attempts.start_attempt("ann", "home") == 0
    attempts.record_success("ann", "home")
    # A botnet: each guess comes from an address of its own.
    guessed = sum(guess(attempts, "ann", f"address {number}") for number in range(500))
    assert guessed <= 30 + 30
    assert attempts.start_attempt("ann", "one more address") > 0
    assert attempts.start_attempt("ann", "home") == 0
    attempts.record_success("ann", "home")
    assert attempts.start_attempt("ben", "one more address") == 0


def test_address_that_tries_random_names_has_to_wait(attempts):
    assert attempts.start_attempt("ann", "here") == 0
    attempts.record_success("ann", "here")
    guessed = sum(guess(attempts, f"name {number}", "here") for number in range(500))
    assert guessed == 120
    assert attempts.start_attempt("ben", "here") > 0
    assert attempts.start_attempt("ben", "elsewhere") == 0
    assert attempts.start_attempt("ann", "here") == 0


def test_attempts_at_the_same_time_are_all_counted(attempts):
    assert [attempts.start_attempt("ann", "here") == 0 for _ in range(4)] == [True] * 3 + [False]


def test_they_can_be_switched_off():
    assert guess(LoginThrottle(Settings(rate_limits="off")), "ann", "here", 100) == 100


def test_limit_that_makes_no_sense_is_told():
    with pytest.raises(FatalError, match="ISSUES_LIMIT_SIGN_IN"):
        LoginThrottle(Settings(limit_sign_in="sometimes"))
