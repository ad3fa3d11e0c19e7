"""Opens the installation that the settings define."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from issue_portal.core.files import make_data_directory
from issue_portal.core.secret_keys import load_keys
from issue_portal.core.settings import FatalError, get_settings
from issue_portal.server.services.service import Service, open_service


@contextmanager
def open_installation() -> Iterator[Service]:
    """Yield the service of this installation, and create the installation if it is missing."""
    settings = get_settings()
    if settings.api_url and settings.api_shares_key:
        raise FatalError(
            "ISSUES_API_URL is set: run this command where that API runs, without the setting."
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
        service.close()
