"""Sign-ins that were revoked before they expired. Copies of their cookies are refused.

Each revoked sign-in is an empty file in the data directory, which all processes share.
"""

import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings

RevokedName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""File name: a keyed hash of the sign-in's id, which reveals nothing."""

_GRACE_SECONDS = 3600
"""Seconds to keep an expired file. A new file looks expired until its time is set, so a cleanup
without this delay could delete it."""

_RETRY_SECONDS = 30.0
"""Seconds between attempts to write."""

_CLEANUP_INTERVAL = 600.0
"""Seconds between deletions of expired files. There may be tens of thousands of them."""

_unwritten: dict[Path, dict[RevokedName, float]] = {}
"""Revocations not yet on disk, by folder, with the time at which each sign-in expires."""

_lock = threading.Lock()

log = logging.getLogger(__name__)


class RevokedSignIns:
    """The revoked sign-ins of an installation."""

    def __init__(self, settings: Settings, keys: SecretKeys) -> None:
        self._folder = _get_folder(settings)
        self._keys = keys
        self._cleaned_at = -_CLEANUP_INTERVAL
        self._retry: threading.Timer | None = None

    def add(self, sign_in: str, until: float) -> bool:
        """Revoke a sign-in that would expire at ``until`` (seconds since 1970).

        Returns whether the revocation is on disk. If not, this process retries the write. Until a
        retry succeeds, no other process refuses the sign-in.
        """
        name = self._make_file_names(sign_in)[0]
        with _lock:
            _unwritten.setdefault(self._folder, {})[name] = until
        is_written = self.flush()
        if is_written and time.monotonic() - self._cleaned_at > _CLEANUP_INTERVAL:
            self._cleaned_at = time.monotonic()
            with suppress(OSError):
                self._delete_expired()
        return is_written

    def flush(self) -> bool:
        """Write pending revocations; return whether all are on disk."""
        with _lock:
            pending = dict(_unwritten.get(self._folder, {}))
        if not pending:
            return True
        try:
            _write_folder(self._folder, pending)
        except OSError as error:
            log.error("cannot store revoked sign-ins: %s", error.strerror)
            self._write_later()
            return False
        with _lock:
            for name in pending:
                _unwritten[self._folder].pop(name, None)
        return True

    def _write_later(self) -> None:
        if self._retry is None or not self._retry.is_alive():
            self._retry = threading.Timer(_RETRY_SECONDS, self._write_again)
            self._retry.daemon = True  # The shutdown calls `flush`.
            self._retry.start()

    def _write_again(self) -> None:
        self._retry = None  # Allow another retry if this one fails.
        self.flush()

    def contains(self, sign_in: str) -> bool:
        """Return whether the sign-in with this id is revoked."""
        unwritten = _unwritten.get(self._folder, {})
        names = self._make_file_names(sign_in)
        return any(name in unwritten or (self._folder / name).exists() for name in names)

    def _make_file_names(self, sign_in: str) -> list[RevokedName]:
        """Return one name for each secret key, that of the newest key first."""
        return [digest.hex()[:32] for digest in self._keys.hashes("ended", sign_in)]

    def _delete_expired(self) -> None:
        cutoff = time.time() - _GRACE_SECONDS
        for name, until in _read_folder(self._folder).items():
            if until < cutoff:
                (self._folder / name).unlink(missing_ok=True)


def read_revoked(settings: Settings) -> dict[RevokedName, float]:
    """Return the revoked sign-ins and their expiry times, for a backup."""
    return _read_folder(_get_folder(settings))


def restore_revoked(settings: Settings, revoked: dict[RevokedName, float]) -> None:
    """Write the revoked sign-ins of a backup."""
    _write_folder(_get_folder(settings), revoked)


def _get_folder(settings: Settings) -> Path:
    return settings.data_dir / "ended"


def _read_folder(folder: Path) -> dict[RevokedName, float]:
    revoked = {}
    for file in folder.glob("*"):
        with suppress(FileNotFoundError):  # Another process deleted it first.
            revoked[file.name] = file.stat().st_mtime
    return revoked


def _write_folder(folder: Path, revoked: dict[RevokedName, float]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, until in revoked.items():
        (folder / name).touch(mode=0o600)
        os.utime(folder / name, (until, until))
