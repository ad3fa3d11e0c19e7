"""Revocations: all processes share them as hashes, until the sign-ins expire."""

import time

import pytest

from issue_portal.core.revoked_sign_ins import RevokedSignIns, read_revoked, restore_revoked
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings

OLD_KEYS, NEW_KEYS = (
    SecretKeys(f"{name} secret of the tests that is long enough") for name in ("an old", "a new")
)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path, _env_file=None)


def test_other_processes_see_a_revocation_but_no_id(settings):
    assert RevokedSignIns(settings, OLD_KEYS).add("sign-in-1", time.time() + 60)
    other = RevokedSignIns(settings, OLD_KEYS)
    assert other.contains("sign-in-1")
    assert not other.contains("sign-in-2")
    [name] = read_revoked(settings)
    assert "sign-in-1" not in name


def test_revocation_is_valid_after_a_key_rotation(settings):
    RevokedSignIns(settings, OLD_KEYS).add("sign-in-1", time.time() + 60)
    rotated = SecretKeys(
        "a new secret of the tests that is long enough",
        "an old secret of the tests that is long enough",
    )
    assert RevokedSignIns(settings, rotated).contains("sign-in-1")
    assert not RevokedSignIns(settings, NEW_KEYS).contains("sign-in-1")


def test_expired_revocations_are_removed(settings):
    restore_revoked(settings, {"0" * 32: time.time() - 7200, "1" * 32: time.time() - 60})
    RevokedSignIns(settings, OLD_KEYS).add("sign-in-1", time.time() + 60)
    names = read_revoked(settings).keys()
    assert "0" * 32 not in names
    # A file that expired recently could be a new one whose expiry time is not set yet.
    assert "1" * 32 in names
    assert len(names) == 2


def test_backup_keeps_expiry_times(settings, tmp_path):
    until = float(int(time.time()) + 60)
    RevokedSignIns(settings, OLD_KEYS).add("sign-in-1", until)
    other = Settings(data_dir=tmp_path / "other", _env_file=None)
    other.data_dir.mkdir()
    restore_revoked(other, read_revoked(settings))
    assert RevokedSignIns(other, OLD_KEYS).contains("sign-in-1")
    assert list(read_revoked(other).values()) == [until]
