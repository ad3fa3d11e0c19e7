"""``key``: the secret key of the installation."""

import click

from issue_portal.cli.local_service import require_local_database
from issue_portal.cli.output import echo
from issue_portal.core.files import lock_directory, make_data_directory, write_private_file
from issue_portal.core.secret_keys import generate_secret, get_key_path, load_keys
from issue_portal.core.settings import FatalError, get_settings
from issue_portal.server.services.service import open_service


@click.group()
def key() -> None:
    """Manage the secret key, which signs tokens and hashes receipts."""


@key.command()
def accept() -> None:
    """Let the database use the current key if its earlier key is lost.

    Receipts and API tokens that were made with the earlier key stop working.
    """
    settings = get_settings()
    require_local_database(settings)
    make_data_directory(settings)
    open_service(settings, load_keys(settings), any_key=True).database.close()
    echo("The database now uses the current key.", err=True)


@key.command()
def rotate() -> None:
    """Create a new secret key. Existing tokens and receipts stay valid.

    Restart the portal afterwards: a running portal does not read new keys.
    """
    settings = get_settings()
    if settings.secret_key.get_secret_value():
        raise FatalError(
            "Cannot rotate ISSUES_SECRET_KEY. Put a new key and a comma in front of the old one."
        )
    make_data_directory(settings)
    load_keys(settings)  # Creates the first key if it is missing.
    file = get_key_path(settings)
    with lock_directory(settings.data_dir):
        write_private_file(file, f"{generate_secret()}\n{file.read_text()}", replace=True)
    echo(
        f"The first line of {file} is a new key. Restart the portal. Delete an old line once its"
        " API tokens and receipts are no longer needed.",
        err=True,
    )
