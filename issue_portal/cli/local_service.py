"""Opens the data directory and database of the settings, for commands."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from issue_portal.core.files import make_data_directory
from issue_portal.core.secret_keys import load_keys
from issue_portal.core.settings import FatalError, get_settings
from issue_portal.server.services.service import Service, open_service


@contextmanager
def open_local_service() -> Iterator[Service]:
    """Yield a service with the data directory and database of the settings.

    Creates them if they are missing.
    """
    settings = get_settings()
    # With a shared key, the users and issues are in the remote API's database.
    if settings.api_url and settings.api_shares_key:
        raise FatalError(
            "ISSUES_API_URL is set: run this command where that API runs, without this setting."
        )
    if settings.api_url:
        click.echo(
            f"ISSUES_API_URL is set, but this command uses the data in {settings.data_dir}.",
            err=True,
        )
    make_data_directory(settings)
    service = open_service(settings, load_keys(settings))
    try:
        yield service
    finally:
        service.database.close()
