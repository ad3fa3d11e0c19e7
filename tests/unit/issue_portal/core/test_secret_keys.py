"""Secret keys: rotation, derived keys and hashes, and the key file."""

import stat

import pytest

from issue_portal.core.secret_keys import SecretKeys, get_key_path, load_keys, parse_keys
from issue_portal.core.settings import FatalError, Settings

OLD, NEW = (f"{name} secret of the tests that is long enough" for name in ("an old", "a new"))


def test_each_purpose_has_its_own_key():
    keys = SecretKeys(OLD)
    [api], [sign_in] = (keys.derive(purpose).values() for purpose in ("api", "sign-in"))
    assert len(api) == len(sign_in) == 32
    assert api != sign_in
    assert OLD.encode() not in (api, sign_in)


def test_new_hashes_use_the_newest_key_and_hashes_of_older_keys_match():
    before = SecretKeys(OLD).hash("receipt", "1234")
    rotated = SecretKeys(NEW, OLD)
    assert rotated.hash("receipt", "1234") == SecretKeys(NEW).hash("receipt", "1234") != before
    assert rotated.matches_hash(before, "receipt", "1234")
    assert not rotated.matches_hash(before, "receipt", "1235")
    assert not SecretKeys(NEW).matches_hash(before, "receipt", "1234")


def test_hash_separates_its_parts():
    keys = SecretKeys(OLD)
    assert keys.hash("x", "ab", "c") != keys.hash("x", "a", "bc")
    assert keys.hash("x", "ab") == keys.hash("x", b"ab") != keys.hash("y", "ab")


@pytest.mark.parametrize(
    ("secret", "message"), [("x" * 31, "too short"), ("ab" * 20, "too simple"), ("", "too short")]
)
def test_guessable_secret_is_refused_and_not_in_the_message(secret, message):
    with pytest.raises(FatalError, match=message) as refusal:
        SecretKeys(secret)
    assert not secret or secret not in str(refusal.value)


@pytest.mark.parametrize("text", [f"{NEW},{OLD}", f"{NEW}\n{OLD}\n", f" {NEW} ,, {OLD} "])
def test_keys_are_separated_by_commas_or_lines(text):
    assert parse_keys(text).fingerprints() == SecretKeys(NEW, OLD).fingerprints()


def test_first_run_creates_a_key_file_that_only_its_owner_can_read(tmp_path):
    settings = Settings(data_dir=tmp_path, _env_file=None)
    first = load_keys(settings)
    assert load_keys(settings).fingerprints() == first.fingerprints()
    assert stat.S_IMODE(get_key_path(settings).stat().st_mode) == 0o600


def test_configured_key_needs_no_file(tmp_path):
    settings = Settings(data_dir=tmp_path, secret_key=NEW, _env_file=None)
    assert load_keys(settings).fingerprints() == SecretKeys(NEW).fingerprints()
    assert not get_key_path(settings).exists()


def test_error_names_a_key_file_that_is_not_text(tmp_path):
    settings = Settings(data_dir=tmp_path, _env_file=None)
    get_key_path(settings).write_bytes(b"\xff" * 40)
    with pytest.raises(FatalError, match=r"secret\.key is not text"):
        load_keys(settings)
