"""Opens the data directory and database of the settings, for commands."""

from collections.abc import Iterator
from contextlib import contextmanager

from issue_portal.core.files import make_data_directory
from issue_portal.core.secret_keys import load_keys
from issue_portal.core.settings import FatalError, Settings, get_settings
from issue_portal.server.services.service import Service, open_service


def require_local_database(settings: Settings) -> None:
    """Raise `FatalError` if the issues are in the database of a remote API."""
    if settings.api_url:
        raise FatalError(
            "ISSUES_API_URL is set, so this installation does not use its own database. Run the"
            " command where that API runs, or remove the setting."
        )


@contextmanager
def open_local_service() -> Iterator[Service]:
    """Yield a service with the data directory and database of the settings.

    Creates them if they are missing. Raises `FatalError` if the API is remote.
    """
    settings = get_settings()
    require_local_database(settings)
    make_data_directory(settings)
    service = open_service(settings, load_keys(settings))
    try:
        yield service
    finally:
        service.database.close()
