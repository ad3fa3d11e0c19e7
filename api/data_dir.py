"""The directory for everything that is written at run time."""

import errno
import secrets
import time
from pathlib import Path
from typing import Final

from api.settings import CannotStart, Settings

_PROBE_SIZE: Final = 64 * 1024
"""Bytes: more than the smallest things that have to be written."""

_GOOD_FOR: Final = 5.0
"""Seconds for which what `can_write` has found is good."""


def make_data_directory(settings: Settings) -> None:
    """Create the directory if it is missing; raises `CannotStart` if nobody may write to it.

    A full disk is no reason: what only reads works on it.
    """
    directory = settings.data_dir
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_probe(directory, 0)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and directory.is_dir():
            return
        raise CannotStart(
            f"Cannot write to the data directory {directory}: {error.strerror}."
            " Make it writable, or choose another one with ISSUES_DATA_DIR."
        ) from error


class WriteProbe:
    """Whether there is room in the data directory, looked at every few seconds at most."""

    def __init__(self, settings: Settings) -> None:
        self._directory = settings.data_dir
        self._looked_at = 0.0
        self._error = ""

    def error(self) -> str:
        """Why nothing can be written there; "" if it can."""
        if time.monotonic() - self._looked_at > _GOOD_FOR or self._error:
            self._looked_at = time.monotonic()
            try:
                _write_probe(self._directory, _PROBE_SIZE)
                self._error = ""
            except OSError as error:
                self._error = error.strerror or str(error)
        return self._error


def _write_probe(directory: Path, size: int) -> None:
    probe = directory / f".probe.{secrets.token_hex(4)}"
    try:
        probe.touch(mode=0o600)
        if size:
            probe.write_bytes(bytes(size))
    finally:
        probe.unlink(missing_ok=True)
