"""The queue of password checks: a flood from one address does not delay other addresses."""

import threading

import pytest

from auth import password_queue
from auth.password_queue import PasswordCheckQueue
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
    # One check of the flood runs, and 19 wait.
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
