"""Sign-ins that were ended before their time, so that a copy of their cookie is worth nothing.

One empty file each, in a folder of the data directory: all processes that share it see them.
"""

import os
import time
from contextlib import suppress

from api.keys import Keys
from api.settings import Settings

_SLACK = 3600


class EndedSignIns:
    """The sign-ins that people have ended. The files' names are keyed hashes: they tell nothing."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._folder = settings.data_dir / "ended"
        self._keys = keys

    def add(self, sign_in: str, until: float) -> None:
        """End the sign-in with this id, which would have ended by itself at ``until``."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._forget_old()
        file = self._folder / _name(self._keys.hash("ended", sign_in))
        file.touch(mode=0o600)
        os.utime(file, (until, until))

    def has(self, sign_in: str) -> bool:
        """Whether the sign-in with this id has been ended."""
        known = self._keys.hashes("ended", sign_in)
        return any((self._folder / _name(found)).exists() for found in known)

    def _forget_old(self) -> None:
        # A file that another process has just made does not have its time yet.
        past = time.time() - _SLACK
        for file in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < past:
                    file.unlink()


def _name(found: bytes) -> str:
    return found.hex()[:32]
