"""The accounts people sign in with: a YAML file in the data directory that an operator may edit."""

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
from zxcvbn import zxcvbn

from issue_portal.core.files import lock_directory, write_private_file
from issue_portal.core.settings import FatalError, Settings
from issue_portal.models.vocabulary import Role

LONGEST_PASSWORD = 72
"""Bytes; bcrypt does not look at more."""

SHORTEST_PASSWORD = 8
"""Characters."""

FEWEST_GUESSES = 10**6
"""A password that takes fewer, as zxcvbn reckons, falls to somebody patient."""


_GUESSED_PART = 16
"""Characters of a password that are looked at together: 72 take zxcvbn (4.5) three seconds."""


class PasswordFault(StrEnum):
    """Why a password will not do."""

    TOO_SHORT = f"is too short: use at least {SHORTEST_PASSWORD} characters"
    TOO_LONG = f"is too long: use at most {LONGEST_PASSWORD} bytes"
    SPACES = "begins or ends with a space"
    EASY = "is easy to guess: use several unusual words, or random characters"


class Account(BaseModel):
    """Someone who can sign in; ``password`` is a bcrypt hash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Annotated[str, Field(pattern="^[^@]+@[^@]+$"), AfterValidator(str.lower)]
    name: str
    role: Role
    password: str
    disabled: bool = False


log = logging.getLogger(__name__)

Accounts = dict[str, Account]
"""By user name, in lower case."""

_FILE: TypeAdapter[Accounts] = TypeAdapter(Accounts)


def load_accounts(settings: Settings) -> Accounts:
    """The accounts; raises `FatalError` if the file cannot be understood."""
    path = _accounts_path(settings)
    try:
        accounts = _FILE.validate_python(yaml.safe_load(path.read_text()) or {})
    except FileNotFoundError:
        accounts = {}
    except ValidationError as error:
        places = {".".join(map(str, item["loc"])): item["msg"] for item in error.errors()}
        reason = "; ".join(f"{place}: {message}" for place, message in places.items())
        raise FatalError(f"Cannot read the accounts in {path}: {reason}") from error
    except yaml.MarkedYAMLError as error:
        # Without the line itself, which may have a hash in it.
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise FatalError(f"Cannot read the accounts in {path}: {error.problem}{line}.") from error
    # PyYAML lets some of these through for values with a tag, such as "!!bool maybe".
    except (yaml.YAMLError, RecursionError, LookupError, AttributeError, TypeError) as error:
        raise FatalError(f"Cannot read the accounts in {path}: it is not YAML.") from error
    except (OSError, ValueError) as error:
        raise FatalError(f"Cannot read the accounts in {path}: {error}") from error
    if not accounts and _marker_path(settings).exists():
        # Who was disabled in it would be let in again.
        raise FatalError(
            f"{path} is gone or empty. Put it back; to begin with new accounts, delete"
            f" {_marker_path(settings)} as well."
        )
    if not accounts:
        return {}
    with suppress(OSError):  # A full disk: the next one to read it makes the mark.
        _marker_path(settings).touch(mode=0o600)
    return {name.lower(): account for name, account in accounts.items()}


class AccountsFile:
    """The accounts as they are now: an edit takes effect at once, and is read once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = str(_accounts_path(settings))
        self._read_at = (-1, -1)
        self._accounts: Accounts = {}

    def get_all(self) -> Accounts:
        """All accounts; none if there never was a file, as beside an API alone.

        While the file is gone or makes no sense, they are as they were: nobody who was disabled is
        let in.
        """
        try:
            file = os.stat(self._path)  # noqa: PTH116 - at each request
        except FileNotFoundError:
            return self._accounts
        # The second one also when it belongs to somebody else now, and can be read again.
        changed = file.st_mtime_ns, file.st_ctime_ns
        if changed != self._read_at:
            self._read_at = changed
            try:
                self._accounts = load_accounts(self._settings)
            except FatalError as error:
                log.error("%s Until then the accounts are as they were.", error)
        return self._accounts

    def find_by_email(self, email: str) -> Account | None:
        """The account with this address."""
        accounts = (account for account in self.get_all().values() if account.email == email)
        return next(accounts, None)


@contextmanager
def edit_accounts(settings: Settings) -> Iterator[Accounts]:
    """The accounts to change; what they are at the end is written, whole or not at all."""
    with lock_directory(settings.data_dir):
        accounts = load_accounts(settings)
        yield accounts
        plain = _FILE.dump_python(accounts, mode="json", exclude_defaults=True)
        write_private_file(
            _accounts_path(settings), yaml.safe_dump(plain, sort_keys=False), replace=True
        )


def create_first_accounts(settings: Settings) -> dict[str, str]:
    """Make the first two accounts if there is no file; returns their passwords by user name."""
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
    """A random password."""
    return secrets.token_urlsafe(9)


def find_password_fault(password: str, *about: str) -> PasswordFault | None:
    """Why a password will not do, if so; ``about`` is what others know of whoever chose it."""
    if len(password) < SHORTEST_PASSWORD:
        return PasswordFault.TOO_SHORT
    if len(password.encode()) > LONGEST_PASSWORD:
        return PasswordFault.TOO_LONG
    if password != password.strip():
        return PasswordFault.SPACES
    parts = (
        password[start : start + _GUESSED_PART] for start in range(0, len(password), _GUESSED_PART)
    )
    if all(_estimate_guesses(part, about) < FEWEST_GUESSES for part in parts):
        return PasswordFault.EASY
    return None


def _estimate_guesses(password: str, about: Sequence[str]) -> float:
    return float(zxcvbn(password, user_inputs=[*about, "issue portal"])["guesses"])


def hash_password(password: str) -> str:
    """A bcrypt hash; raises ``ValueError``, saying why, for a password that will not do."""
    if fault := find_password_fault(password):
        raise ValueError(fault.value)
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()


def _accounts_path(settings: Settings) -> Path:
    return settings.data_dir / "accounts.yaml"


def _marker_path(settings: Settings) -> Path:
    """An empty file that says that there were accounts."""
    return settings.data_dir / ".accounts"


def derive_name(email: str) -> str:
    """A name for someone of whom only the address is known: ``a.b@c.d`` is A B."""
    return email.partition("@")[0].replace(".", " ").replace("_", " ").title()
