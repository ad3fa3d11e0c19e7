"""The queue of password checks: a flood from one address does not delay other addresses."""

import threading
import time

import pytest

from auth import password_queue
from auth.password_queue import PasswordCheckQueue
from issue_portal.core.accounts import PasswordFault, find_password_fault
from tests.waiting import wait_until


def test_other_address_waits_for_at_most_two_checks_of_a_flood():
    queue, order, may_end = PasswordCheckQueue(), [], threading.Event()

    def check(address: str) -> None:
        with queue.take_turn(address) as has_turn:
            assert has_turn
            order.append(address)
            may_end.wait(20)

    flood = [threading.Thread(target=check, args=("flood",)) for _ in range(20)]
    for thread in flood:
        thread.start()
    wait_until(lambda: len(order) == 1 and queue._by_address["flood"][1] == 20)
    other = threading.Thread(target=check, args=("other",))
    other.start()
    wait_until(lambda: "other" in queue._by_address)
    may_end.set()
    for thread in (*flood, other):
        thread.join(20)
    # One check of the flood was running, and one more may have been next in the queue.
    assert order.index("other") <= 2
    assert len(order) == 21
    assert queue._by_address == {}


def test_check_without_a_turn_is_refused_after_a_timeout(monkeypatch):
    monkeypatch.setattr(password_queue, "WAIT_SECONDS", 0.05)
    queue = PasswordCheckQueue()
    with queue.take_turn("one") as has_first_turn:
        for address in ("one", "two"):
            with queue.take_turn(address) as has_second_turn:
                assert (has_first_turn, has_second_turn) == (True, False)
    with queue.take_turn("one") as has_turn:
        assert has_turn


def test_failed_check_ends_its_turn():
    queue = PasswordCheckQueue()
    with pytest.raises(ValueError, match="failed check"), queue.take_turn("one"):
        raise ValueError("failed check")
    with queue.take_turn("two") as has_turn:
        assert has_turn


def test_rating_a_password_is_fast():
    """Regression: rating a password took three seconds of processor time."""
    started = time.process_time()
    assert find_password_fault("4@8({[<3690!1|5$7+%2" * 3 + "x" * 12) is None
    assert time.process_time() - started < 1


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
