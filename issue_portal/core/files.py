"""The directory for everything that is written at run time."""

import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock

from issue_portal.core.settings import FatalError, Settings

_PROBE_SIZE: Final = 64 * 1024
"""Bytes: more than the smallest things that have to be written."""

_TEMPORARY: Final = re.compile(r"\.(secret\.key|accounts\.yaml|probe)\.[0-9a-f]{8}")
_TEMPORARY_SECONDS: Final = 60

_PROBE_INTERVAL: Final = 5.0
"""Seconds for which what `can_write` has found is good."""


def make_data_directory(settings: Settings) -> None:
    """Create the directory if it is missing; raises `FatalError` if nobody may write to it.

    A full disk is no reason: beside a running portal, what only reads works on it.
    """
    directory = settings.data_dir
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_probe(directory, 0)
        _remove_stale_files(directory)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and directory.is_dir():
            return
        raise FatalError(
            f"Cannot write to the data directory {directory}: {error.strerror}."
            " Make it writable, or choose another one with ISSUES_DATA_DIR."
        ) from error


@contextmanager
def lock_directory(directory: Path) -> Iterator[None]:
    """Lock the data directory while a file in it is read, changed and written.

    Waits until no other thread or process holds the lock. Raises `OSError` if the directory is
    missing or this process cannot open the lock file.
    """
    directory.stat()  # FileLock would create a missing directory.
    with FileLock(directory / ".lock", mode=0o600):
        yield


def rename_without_overwriting(temporary: Path, path: Path) -> None:
    """Rename a file, but never over another one: raises `FatalError` if there is one by now."""
    try:
        os.link(temporary, path)
    except OSError:
        if os.path.lexists(path):
            raise FatalError(
                f"{path} is there now: another command has written it. Give a new name."
            ) from None
        temporary.rename(path)  # This file system has no links.


def _remove_stale_files(directory: Path) -> None:
    """Remove what a process that was killed while it wrote a file has left; it may be a secret."""
    past = time.time() - _TEMPORARY_SECONDS
    for file in directory.glob(".*.[0-9a-f]*"):
        if not _TEMPORARY.fullmatch(file.name):
            continue
        with suppress(FileNotFoundError):  # Another process has just removed it.
            if file.stat().st_mtime < past:
                file.unlink()


class WriteProbe:
    """Whether there is room where we write, looked at every few seconds at most."""

    def __init__(self, *directories: Path) -> None:
        self._directories = dict.fromkeys(directories)
        self._looked_at = 0.0
        self._error = ""

    def find_error(self) -> str:
        """Why nothing can be written there; "" if it can."""
        if time.monotonic() - self._looked_at > _PROBE_INTERVAL or self._error:
            self._looked_at = time.monotonic()
            try:
                for directory in self._directories:
                    _write_probe(directory, _PROBE_SIZE)
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


def write_private_file(path: Path, text: str, *, replace: bool = False) -> bool:
    """Write a file that only its owner can read, whole or not at all.

    Returns whether it was written: an existing one is left alone unless ``replace``.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.touch(mode=0o600, exist_ok=False)
        with temporary.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True
