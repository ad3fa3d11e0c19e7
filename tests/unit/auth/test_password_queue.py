"""Password checks take turns by address, so that a flood blocks nobody else."""

import threading
import time

import pytest

from auth import password_queue
from auth.password_queue import PasswordChecks
from issue_portal.core.accounts import PasswordFault, find_password_fault
from tests.waiting import wait_until


def test_others_wait_for_one_check_of_a_flood_at_most():
    checks, order, may_end = PasswordChecks(), [], threading.Event()

    def check(address: str) -> None:
        with checks.take_turn(address) as is_on:
            assert is_on
            order.append(address)
            may_end.wait(20)

    flood = [threading.Thread(target=check, args=("flood",)) for _ in range(20)]
    for thread in flood:
        thread.start()
    wait_until(lambda: len(order) == 1 and checks._by_address["flood"][1] == 20)
    other = threading.Thread(target=check, args=("other",))
    other.start()
    wait_until(lambda: "other" in checks._by_address)
    may_end.set()
    for thread in (*flood, other):
        thread.join(20)
    # The one that was on, and perhaps the one that waited with it.
    assert order.index("other") <= 2
    assert len(order) == 21
    assert checks._by_address == {}


def test_check_without_a_turn_is_refused_after_a_timeout(monkeypatch):
    monkeypatch.setattr(password_queue, "WAIT_SECONDS", 0.05)
    checks = PasswordChecks()
    with checks.take_turn("one") as first:
        for address in ("one", "two"):
            with checks.take_turn(address) as second:
                assert (first, second) == (True, False)
    with checks.take_turn("one") as again:
        assert again


def test_failing_check_releases_its_turn():
    checks = PasswordChecks()
    with pytest.raises(ValueError, match="as it fails"), checks.take_turn("one"):
        raise ValueError("as it fails")
    with checks.take_turn("two") as is_on:
        assert is_on


def test_rating_a_password_is_fast():
    """Regression: rating a password took three seconds of processor time."""
    begun = time.process_time()
    assert find_password_fault("4@8({[<3690!1|5$7+%2" * 3 + "x" * 12) is None
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("a" * 72, PasswordFault.EASY),
        ("password" * 8, PasswordFault.EASY),
        ("correct horse battery staple", None),
        ("aaaaaaaaaaaaaaaa" + "Xq7-vLp2_mRz", None),
    ],
)
def test_long_password_is_rated_by_its_strongest_part(password, fault):
    assert find_password_fault(password) is fault
