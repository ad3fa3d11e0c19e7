"""The data directory: creation, locking, checks for free space, and atomic writes."""

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
"""Bytes that a probe writes. If they fit on the disk, a small write fits, too."""

_TEMPORARY: Final = re.compile(r"\.(secret\.key|accounts\.yaml|probe)\.[0-9a-f]{8}")
_TEMPORARY_SECONDS: Final = 60
"""Seconds after which a temporary file counts as left over."""

_PROBE_INTERVAL: Final = 5.0
"""Seconds for which a successful probe is valid."""


def make_data_directory(settings: Settings) -> None:
    """Create the directory if it is missing. Raises `FatalError` if it is not writable.

    A full disk is not an error: commands that only read still work.
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


def _remove_stale_files(directory: Path) -> None:
    """Remove the temporary files of killed processes, which may contain a secret."""
    cutoff = time.time() - _TEMPORARY_SECONDS
    for file in directory.glob(".*.[0-9a-f]*"):
        if not _TEMPORARY.fullmatch(file.name):
            continue
        with suppress(FileNotFoundError):  # Another process was faster.
            if file.stat().st_mtime < cutoff:
                file.unlink()


class WriteProbe:
    """Checks whether directories accept writes.

    A success is remembered for a few seconds. After a failure, each call checks again.
    """

    def __init__(self, *directories: Path) -> None:
        self._directories = dict.fromkeys(directories)
        self._checked_at = 0.0
        self._error = ""

    def find_error(self) -> str:
        """Return why writing fails; "" if it works."""
        if time.monotonic() - self._checked_at > _PROBE_INTERVAL or self._error:
            self._checked_at = time.monotonic()
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


class FileCreatedError(FatalError):
    """Another process created the file first."""


@contextmanager
def replace_when_complete(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Yield a temporary file that only its owner can read, and rename it to ``path`` at the end.

    If the block raises, ``path`` does not change. The data is on disk before the rename. Without
    ``overwrite``, raises `FileCreatedError` if ``path`` exists at the end.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.touch(mode=0o600, exist_ok=False)
        yield temporary
        sync_to_disk(temporary)
        if overwrite:
            temporary.replace(path)
        else:
            _rename_to_new(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_private_file(path: Path, text: str, *, replace: bool = False) -> bool:
    """Write a file atomically; only its owner can read it.

    Returns whether the file was written. Without ``replace``, an existing file stays as it is.
    """
    try:
        with replace_when_complete(path, overwrite=replace) as temporary:
            temporary.write_text(text)
    except FileCreatedError:
        return False
    return True


def sync_to_disk(path: Path) -> None:
    """Wait until the content of a file is on disk."""
    with path.open("r+b") as file:  # Windows syncs only files that are open for writing.
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Wait until the names of the files in a directory are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rename_to_new(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except OSError:
        if os.path.lexists(path):
            raise FileCreatedError(
                f"{path} now exists: another command created it. Choose another name."
            ) from None
        temporary.rename(path)  # The file system has no hard links.
