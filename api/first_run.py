"""What the first start makes: the data directory and the accounts with their passwords."""

import secrets
from pathlib import Path

import bcrypt
import yaml

from api.contract import Role
from api.keys import write_private
from api.settings import CannotStart, Settings

Accounts = dict[str, dict[str, object]]
"""By user name: ``email``, ``name``, ``role`` and ``password`` (a bcrypt hash)."""


def make_data_directory(settings: Settings) -> None:
    """Make sure that everything written at run time has a place that only we can read."""
    directory = settings.data_dir
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = directory / f".probe.{secrets.token_hex(4)}"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"Cannot write to the data directory {directory}: {error.strerror}."
            " Make it writable, or choose another one with ISSUES_DATA_DIR."
        ) from error


def make_accounts(settings: Settings) -> dict[str, str]:
    """Make the first two accounts if there are none; returns their passwords by user name."""
    if _path(settings).exists():
        return {}
    passwords = {name: secrets.token_urlsafe(9) for name in ("member", "reviewer")}
    accounts: Accounts = {
        "member": _account("member@example.com", "Morgan Member", Role.MEMBER, passwords),
        "reviewer": _account("reviewer@example.com", "Robin Reviewer", Role.ADMIN, passwords),
    }
    written = write_private(_path(settings), yaml.safe_dump(accounts, sort_keys=False))
    return passwords if written else {}


def load_accounts(settings: Settings) -> Accounts:
    """The accounts; raises `CannotStart` if the file cannot be understood."""
    path = _path(settings)
    try:
        accounts = yaml.safe_load(path.read_text()) or {}
        for account in accounts.values():
            Role(account["role"])
            if not {"email", "name", "password"} <= account.keys():
                raise KeyError("email, name or password")
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise CannotStart(
            f"Cannot read the accounts in {path}: {error}".replace("\n", " ")
        ) from error
    return dict(accounts)


def accounts_version(settings: Settings) -> int:
    """A number that changes whenever the accounts do."""
    return _path(settings).stat().st_mtime_ns


def hash_password(password: str) -> str:
    """A bcrypt hash."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()


def _account(email: str, name: str, role: Role, passwords: dict[str, str]) -> dict[str, object]:
    password = passwords[email.partition("@")[0]]
    return {
        "email": email,
        "name": name,
        "role": role.value,
        "password": hash_password(password),
    }


def _path(settings: Settings) -> Path:
    return settings.data_dir / "accounts.yaml"
