"""The directory for everything that is written at run time."""

import secrets

from api.settings import CannotStart, Settings


def make_data_directory(settings: Settings) -> None:
    """Make sure that it is there, and that only we can read it."""
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
