"""Sign-in with a user name or an email address."""

import pytest

from auth import password
from auth.login_throttle import LoginThrottle
from issue_portal.core.accounts import Account
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import Role

ADDRESSES = {
    "nina": "nina@example.com",
    "smith": "n.smith@example.com",
    "twin": "shared@example.com",
    "other": "shared@example.com",
    "odd@example.com": "odd@elsewhere.example",
}


@pytest.fixture(autouse=True)
def accounts(monkeypatch):
    accounts = {
        name: Account(email=email, name=name, role=Role.MEMBER, password="")
        for name, email in ADDRESSES.items()
    }

    class File:
        def get_all(self):
            return accounts

    monkeypatch.setattr(password, "get_accounts_file", File)


@pytest.mark.parametrize(
    ("entered", "username"),
    [
        ("nina", "nina"),
        ("nina@example.com", "nina"),
        ("n.smith@example.com", "smith"),
        ("odd@example.com", "odd@example.com"),
        # Two accounts share this address, so it identifies neither.
        ("shared@example.com", "shared@example.com"),
        ("nobody@example.com", "nobody@example.com"),
        ("", ""),
    ],
)
def test_name_or_unique_address_identifies_the_account(entered, username):
    assert password.resolve_username(entered) == username


def count_allowed(throttle, entered, times=10):
    """Try wrong passwords; return how many the throttle allowed."""
    username = password.resolve_username(entered)
    attempt = username, "here", password.find_alias(username, entered)
    allowed = 0
    for _ in range(times):
        if throttle.start_attempt(*attempt) == 0:
            throttle.record_failure(*attempt)
            allowed += 1
    return allowed


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("nina@example.com", "nina"),
        ("nina", "nina@example.com"),
        ("smith", "n.smith@example.com"),
        ("n.smith@example.com", "smith"),
    ],
)
def test_attempts_by_name_and_address_count_for_the_same_account(first, second):
    throttle = LoginThrottle(Settings(limit_sign_in="3/hour"))
    assert count_allowed(throttle, first) == 3
    assert count_allowed(throttle, second) == 0


@pytest.mark.parametrize("domain", ["example.com", "unknown.example"])
@pytest.mark.parametrize("local_part", ["nina", "n.smith", "shared", "nobody"])
def test_limits_do_not_tell_which_addresses_have_an_account(domain, local_part):
    throttle = LoginThrottle(Settings(limit_sign_in="3/hour"))
    assert count_allowed(throttle, f"{local_part}@{domain}") == 3
    assert count_allowed(throttle, local_part) == 0
    throttle = LoginThrottle(Settings(limit_sign_in="3/hour"))
    assert count_allowed(throttle, local_part) == 3
    assert count_allowed(throttle, f"{local_part}@{domain}") == 0


def test_sign_in_by_address_does_not_reset_the_attempts_at_another_name():
    throttle = LoginThrottle(Settings(limit_sign_in="3/hour"))
    assert count_allowed(throttle, "n.smith", 2) == 2
    for _ in range(10):
        assert throttle.start_attempt("smith", "here", "n.smith") == 0
        throttle.record_success("smith", "here")
    assert count_allowed(throttle, "n.smith") == 1
