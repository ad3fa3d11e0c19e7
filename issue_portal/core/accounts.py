"""Accounts for sign-in with a password: a YAML file in the data directory, editable by hand."""

import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import bcrypt
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from issue_portal.core.files import lock_directory, write_private_file
from issue_portal.core.settings import FatalError, Settings
from issue_portal.models.vocabulary import Role

LONGEST_PASSWORD = 72
"""Most bytes of a password. bcrypt ignores the rest."""

SHORTEST_PASSWORD = 8
"""Fewest characters of a password."""

FEWEST_GUESSES = 10**6
"""Fewest guesses that an attacker must need for a password, as zxcvbn estimates them."""

_CHARACTERS_PER_ESTIMATE = 16
"""zxcvbn (4.5) estimates a password in parts: it takes three seconds for 72 characters at once."""


class PasswordFault(StrEnum):
    """Reason why a password is refused, as the end of a sentence."""

    TOO_SHORT = f"is too short: use at least {SHORTEST_PASSWORD} characters"
    TOO_LONG = f"is too long: use at most {LONGEST_PASSWORD} bytes"
    SPACES = "begins or ends with a space"
    EASY = "is too easy to guess: use several unusual words, or random characters"


class Account(BaseModel):
    """A person who can sign in; ``password`` is a bcrypt hash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Annotated[str, Field(pattern="^[^@]+@[^@]+$"), AfterValidator(str.lower)]
    name: str
    role: Role
    password: str
    disabled: bool = False


log = logging.getLogger(__name__)

Accounts = dict[str, Account]
"""Accounts by user name, in lower case."""

_ACCOUNTS_ADAPTER: TypeAdapter[Accounts] = TypeAdapter(Accounts)


def load_accounts(settings: Settings) -> Accounts:
    """Read the accounts from the file. Raises `FatalError` if it is damaged or has disappeared."""
    path = _accounts_path(settings)
    try:
        accounts = _ACCOUNTS_ADAPTER.validate_python(yaml.safe_load(path.read_text()) or {})
    except FileNotFoundError:
        accounts = {}
    except ValidationError as error:
        faults = {".".join(map(str, item["loc"])): item["msg"] for item in error.errors()}
        reason = "; ".join(f"{field}: {message}" for field, message in faults.items())
        raise FatalError(f"Cannot read the accounts in {path}: {reason}") from error
    except yaml.MarkedYAMLError as error:
        # Leave out the line itself: it may contain a password hash.
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise FatalError(f"Cannot read the accounts in {path}: {error.problem}{line}.") from error
    # For a value with a wrong tag, such as "!!bool maybe", PyYAML raises built-in exceptions.
    except (yaml.YAMLError, RecursionError, LookupError, AttributeError, TypeError) as error:
        raise FatalError(f"Cannot read the accounts in {path}: it is not YAML.") from error
    except (OSError, ValueError) as error:
        raise FatalError(f"Cannot read the accounts in {path}: {error}") from error
    if not accounts and _marker_path(settings).exists():
        # New accounts would let disabled users in again.
        raise FatalError(
            f"{path} is gone or empty. Restore it. To start with new accounts, delete"
            f" {path} and {_marker_path(settings)}."
        )
    if not accounts:
        return {}
    with suppress(OSError):  # If the disk is full, a later read creates the marker.
        _marker_path(settings).touch(mode=0o600)
    return {name.lower(): account for name, account in accounts.items()}


class AccountsFile:
    """The accounts of a running process, read again whenever the file changes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = str(_accounts_path(settings))
        self._read_at = (-1, -1)
        self._accounts: Accounts = {}

    def get_all(self) -> Accounts:
        """Return all accounts; an empty dict if the file never existed.

        While the file is missing or damaged, the last readable accounts stay in use, so that no
        disabled user gets back in.
        """
        try:
            status = os.stat(self._path)  # noqa: PTH116 - faster than pathlib, for each request
        except FileNotFoundError:
            return self._accounts
        # ctime also changes when the operator corrects the owner or mode of an unreadable file.
        changed_at = status.st_mtime_ns, status.st_ctime_ns
        if changed_at != self._read_at:
            self._read_at = changed_at
            try:
                self._accounts = load_accounts(self._settings)
            except FatalError as error:
                log.error("%s The last readable accounts stay in use.", error)
        return self._accounts

    def find_by_email(self, email: str) -> Account | None:
        """Return the account with this address, if any."""
        accounts = (account for account in self.get_all().values() if account.email == email)
        return next(accounts, None)


@contextmanager
def edit_accounts(settings: Settings) -> Iterator[Accounts]:
    """Lock the accounts file, yield its accounts for changes, and write them at the end."""
    with lock_directory(settings.data_dir):
        accounts = load_accounts(settings)
        yield accounts
        plain = _ACCOUNTS_ADAPTER.dump_python(accounts, mode="json", exclude_defaults=True)
        write_private_file(
            _accounts_path(settings), yaml.safe_dump(plain, sort_keys=False), replace=True
        )


def create_first_accounts(settings: Settings) -> dict[str, str]:
    """Create two accounts if there is no file.

    Returns their passwords by user name; an empty dict if there was a file.
    """
    if _accounts_path(settings).exists():
        return {}
    passwords = {name: generate_password() for name in ("member", "reviewer")}
    with edit_accounts(settings) as accounts:
        if accounts:
            return {}
        accounts["member"] = Account(
            email="member@example.com",
            name="Morgan Member",
            role=Role.MEMBER,
            password=hash_password(passwords["member"]),
        )
        accounts["reviewer"] = Account(
            email="reviewer@example.com",
            name="Robin Reviewer",
            role=Role.ADMIN,
            password=hash_password(passwords["reviewer"]),
        )
    return passwords


def generate_password() -> str:
    """Return a random password."""
    return secrets.token_urlsafe(9)


def find_password_fault(password: str, *owner_facts: str) -> PasswordFault | None:
    """Return why a password is refused; None if it is accepted.

    ``owner_facts`` are facts about the owner, such as the name. A password made of these facts is
    easy to guess.
    """
    if len(password) < SHORTEST_PASSWORD:
        return PasswordFault.TOO_SHORT
    if len(password.encode()) > LONGEST_PASSWORD:
        return PasswordFault.TOO_LONG
    if password != password.strip():
        return PasswordFault.SPACES
    parts = (
        password[start : start + _CHARACTERS_PER_ESTIMATE]
        for start in range(0, len(password), _CHARACTERS_PER_ESTIMATE)
    )
    if all(_estimate_guesses(part, owner_facts) < FEWEST_GUESSES for part in parts):
        return PasswordFault.EASY
    return None


def _estimate_guesses(password: str, owner_facts: Sequence[str]) -> float:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - takes 14 ms to load, but only new passwords need it

    return float(zxcvbn(password, user_inputs=[*owner_facts, "issue portal"])["guesses"])


def hash_password(password: str) -> str:
    """Return a bcrypt hash. Raises ``ValueError`` with the reason if the password is refused."""
    if fault := find_password_fault(password):
        raise ValueError(fault.value)
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()


def _accounts_path(settings: Settings) -> Path:
    return settings.data_dir / "accounts.yaml"


def _marker_path(settings: Settings) -> Path:
    """Return the path of an empty file that records that accounts have existed."""
    return settings.data_dir / ".accounts"


def derive_name(email: str) -> str:
    """Make a display name from an address: ``a.b@c.d`` becomes A B."""
    return email.partition("@")[0].replace(".", " ").replace("_", " ").title()
