"""Sign-ins that were ended before their time, so that a copy of their cookie is worth nothing.

One empty file each, in a folder of the data directory: all processes that share it see them.
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
"""Of a file: a keyed hash of the sign-in's id, which tells nothing."""

_SLACK = 3600

_RETRY_SECONDS = 30.0
"""How often it is tried again to write what could not be written."""

_TIDY_SECONDS = 600.0
"""How often those are removed that have ended by themselves: there may be tens of thousands."""

_unwritten: dict[Path, dict[RevokedName, float]] = {}
"""Those that could not be written, by folder, and when each would have ended by itself."""

_lock = threading.Lock()

log = logging.getLogger(__name__)


class RevokedSignIns:
    """The sign-ins that people have ended."""

    def __init__(self, settings: Settings, keys: SecretKeys) -> None:
        self._folder = _get_folder(settings)
        self._keys = keys
        self._tidied_at = -_TIDY_SECONDS
        self._retry: threading.Timer | None = None

    def add(self, sign_in: str, until: float) -> bool:
        """End the sign-in with this id, which would have ended by itself at ``until``.

        Returns whether that could be written. If not, only this process knows, and tries again
        until it stops.
        """
        name = self._hash_names(sign_in)[0]
        with _lock:
            _unwritten.setdefault(self._folder, {})[name] = until
        is_written = self.flush()
        if is_written and time.monotonic() - self._tidied_at > _TIDY_SECONDS:
            self._tidied_at = time.monotonic()
            with suppress(OSError):
                self._forget_old()
        return is_written

    def flush(self) -> bool:
        """Write what is not written yet; returns whether that could be done."""
        with _lock:
            left = dict(_unwritten.get(self._folder, {}))
        if not left:
            return True
        try:
            _write_folder(self._folder, left)
        except OSError as error:
            log.error("sign-ins that were ended cannot be noted: %s", error.strerror)
            self._write_later()
            return False
        with _lock:
            for written in left:
                _unwritten[self._folder].pop(written, None)
        return True

    def _write_later(self) -> None:
        if self._retry is None or not self._retry.is_alive():
            self._retry = threading.Timer(_RETRY_SECONDS, self._write_again)
            self._retry.daemon = True  # Whatever stops the process writes what is left.
            self._retry.start()

    def _write_again(self) -> None:
        self._retry = None  # So that it is tried once more if this fails.
        self.flush()

    def contains(self, sign_in: str) -> bool:
        """Whether the sign-in with this id has been ended."""
        unwritten = _unwritten.get(self._folder, {})
        names = self._hash_names(sign_in)
        return any(name in unwritten or (self._folder / name).exists() for name in names)

    def _hash_names(self, sign_in: str) -> list[RevokedName]:
        return [digest.hex()[:32] for digest in self._keys.hashes("ended", sign_in)]

    def _forget_old(self) -> None:
        # A file that another process has just made does not have its time yet.
        past = time.time() - _SLACK
        for name, until in _read_folder(self._folder).items():
            if until < past:
                (self._folder / name).unlink(missing_ok=True)


def read_revoked(settings: Settings) -> dict[RevokedName, float]:
    """What a backup keeps of them: when each would have ended by itself."""
    return _read_folder(_get_folder(settings))


def restore_revoked(settings: Settings, ended: dict[RevokedName, float]) -> None:
    """Put back what a backup has kept."""
    _write_folder(_get_folder(settings), ended)


def _get_folder(settings: Settings) -> Path:
    return settings.data_dir / "ended"


def _read_folder(folder: Path) -> dict[RevokedName, float]:
    digest = {}
    for file in folder.glob("*"):
        with suppress(FileNotFoundError):  # Another process has just forgotten it.
            digest[file.name] = file.stat().st_mtime
    return digest


def _write_folder(folder: Path, ended: dict[RevokedName, float]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, until in ended.items():
        (folder / name).touch(mode=0o600)
        os.utime(folder / name, (until, until))
