"""Which passwords will do."""

import pytest

from api.accounts import PasswordFault, hash_password, new_password, password_fault


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("x7Gk2p!", PasswordFault.TOO_SHORT),
        ("ü" * 37, PasswordFault.TOO_LONG),
        (" x7Gk2p!q", PasswordFault.SPACES),
        ("password1", PasswordFault.EASY),
        ("aaaaaaaaaaaaaaaa", PasswordFault.EASY),
        ("qwertzuiop", PasswordFault.EASY),
        ("ann.other1", PasswordFault.EASY),
        ("seven green horses", None),
    ],
)
def test_password(password, fault):
    assert password_fault(password, "ann.other", "ann.other@example.com") == fault


def test_one_that_is_made_here_will_do():
    assert password_fault(new_password(), "ann.other", "ann.other@example.com") is None


def test_one_that_will_not_do_is_not_hashed():
    with pytest.raises(ValueError, match="easy to guess"):
        hash_password("password1")
