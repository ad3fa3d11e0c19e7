"""The login throttle slows down guesses without locking out other users."""

import pytest

from auth.login_throttle import LoginThrottle
from issue_portal.core.settings import FatalError, Settings
from tests.login_guesses import guess_and_count_allowed


@pytest.fixture
def throttle() -> LoginThrottle:
    return LoginThrottle(Settings(limit_sign_in="3/hour"))


def test_guesser_must_wait_after_three_attempts(throttle):
    assert guess_and_count_allowed(throttle, "ann", "here", 10) == 3
    assert 3590 <= throttle.start_attempt("ann", "here") <= 3600


def test_other_addresses_and_names_are_not_limited(throttle):
    guess_and_count_allowed(throttle, "ann", "here", 10)
    assert throttle.start_attempt("ann", "elsewhere") == 0
    assert throttle.start_attempt("ben", "here") == 0


def test_correct_password_resets_the_count(throttle):
    for _ in range(10):
        assert guess_and_count_allowed(throttle, "ann", "here", 2) == 2
        assert throttle.start_attempt("ann", "here") == 0
        throttle.record_success("ann", "here")


def test_attacked_name_has_one_attempt_per_address(throttle):
    for number in range(10):
        guess_and_count_allowed(throttle, "ann", f"address {number}", 3)
    assert guess_and_count_allowed(throttle, "ann", "another", 10) == 1
    assert throttle.start_attempt("ann", "home") == 0
    throttle.record_success("ann", "home")
    assert throttle.start_attempt("ann", "home") == 0


def test_attacking_address_has_one_attempt_per_name(throttle):
    for number in range(30):
        guess_and_count_allowed(throttle, f"name {number}", "here")
    assert guess_and_count_allowed(throttle, "ann", "here", 10) == 1
    assert guess_and_count_allowed(throttle, "ann", "elsewhere", 10) == 3


def test_attacked_name_is_blocked_except_from_addresses_of_earlier_sign_ins(throttle):
    assert throttle.start_attempt("ann", "home") == 0
    throttle.record_success("ann", "home")
    # A botnet guesses from a new address each time.
    allowed = sum(
        guess_and_count_allowed(throttle, "ann", f"address {number}") for number in range(500)
    )
    # 30 wrong passwords count as an attack; the attacked name has 30 further attempts.
    assert allowed <= 30 + 30
    assert throttle.start_attempt("ann", "one more address") > 0
    assert throttle.start_attempt("ann", "home") == 0
    throttle.record_success("ann", "home")
    assert throttle.start_attempt("ben", "one more address") == 0


def test_attacking_address_is_blocked_except_for_names_of_earlier_sign_ins(throttle):
    assert throttle.start_attempt("ann", "here") == 0
    throttle.record_success("ann", "here")
    allowed = sum(
        guess_and_count_allowed(throttle, f"name {number}", "here") for number in range(500)
    )
    # 40 times the limit: 120 wrong passwords block an address.
    assert allowed == 120
    assert throttle.start_attempt("ben", "here") > 0
    assert throttle.start_attempt("ben", "elsewhere") == 0
    assert throttle.start_attempt("ann", "here") == 0


def test_attempts_are_counted_before_their_result_is_known(throttle):
    assert [throttle.start_attempt("ann", "here") == 0 for _ in range(4)] == [True] * 3 + [False]


def test_rate_limits_can_be_switched_off():
    throttle = LoginThrottle(Settings(rate_limits="off"))
    assert guess_and_count_allowed(throttle, "ann", "here", 100) == 100


def test_invalid_limit_is_reported():
    with pytest.raises(FatalError, match="ISSUES_LIMIT_SIGN_IN"):
        LoginThrottle(Settings(limit_sign_in="sometimes"))
