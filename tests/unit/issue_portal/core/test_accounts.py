"""Password rules and the accounts file."""

import time

import pytest

from issue_portal.core import accounts
from issue_portal.core.accounts import (
    AccountsFile,
    PasswordFault,
    create_first_accounts,
    find_password_fault,
    generate_password,
    hash_password,
)
from issue_portal.core.settings import FatalError, Settings


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
def test_password_fault_is_found(password, fault):
    assert find_password_fault(password, "ann.other", "ann.other@example.com") == fault


def test_checking_a_long_password_is_fast():
    """Regression: checking a password took three seconds of processor time."""
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
def test_long_password_is_accepted_only_if_one_part_is_hard_to_guess(password, fault):
    assert find_password_fault(password) is fault


def test_generated_password_has_no_fault():
    assert find_password_fault(generate_password(), "ann.other", "ann.other@example.com") is None


def test_faulty_password_is_not_hashed():
    with pytest.raises(ValueError, match="easy to guess"):
        hash_password("password1")


def test_accounts_file_is_read_again_after_a_failure(tmp_path, monkeypatch):
    """Regression: the accounts stayed empty after the file's owner or mode was corrected."""
    settings = Settings(data_dir=tmp_path, _env_file=None)
    create_first_accounts(settings)
    file = AccountsFile(settings)

    def fail(_):
        raise FatalError("Cannot read the accounts.")

    with monkeypatch.context() as patched:
        patched.setattr(accounts, "load_accounts", fail)
        assert file.get_all() == {}
    path = tmp_path / "accounts.yaml"
    path.chmod(0o400)  # Changes neither content nor modification time, as `chown`.
    path.chmod(0o600)
    assert file.get_all().keys() == {"member", "reviewer"}


@pytest.mark.parametrize(
    "yaml_text",
    ["a: !!bool maybe", "a: !!timestamp foo", "a: !!int ''", "a: [", "- a", "a: {role: King}"],
)
def test_error_names_an_invalid_accounts_file(tmp_path, yaml_text):
    (tmp_path / "accounts.yaml").write_text(yaml_text)
    with pytest.raises(FatalError, match=r"accounts\.yaml"):
        accounts.load_accounts(Settings(data_dir=tmp_path, _env_file=None))
