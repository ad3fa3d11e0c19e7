"""``key``: the secret key of the installation."""

import click

from issue_portal.cli.output import echo
from issue_portal.core.files import lock_directory, make_data_directory, write_private_file
from issue_portal.core.secret_keys import generate_secret, get_key_path, load_keys
from issue_portal.core.settings import FatalError, get_settings
from issue_portal.server.services.service import open_service


@click.group()
def key() -> None:
    """The secret key, which signs and hashes."""


@key.command()
def accept() -> None:
    """Use the database with the present key, although it was used with another one.

    Receipts and API tokens that were made with that one are void.
    """
    settings = get_settings()
    make_data_directory(settings)
    open_service(settings, load_keys(settings), any_key=True).close()
    echo("The database is used with the present key from now on.", err=True)


@key.command()
def rotate() -> None:
    """Make a new secret key and keep the old ones, which still verify and find.

    Restart the portal afterwards: a running one goes on with the keys it has read.
    """
    settings = get_settings()
    if settings.secret_key.get_secret_value():
        raise FatalError(
            "ISSUES_SECRET_KEY is set: write a new key and a comma in front of what is in it."
        )
    make_data_directory(settings)
    load_keys(settings)
    file = get_key_path(settings)
    with lock_directory(settings.data_dir):
        write_private_file(file, f"{generate_secret()}\n{file.read_text()}", replace=True)
    echo(
        f"{file} has a new key in its first line. Restart the portal. A line below it may go when"
        " the API tokens and receipts made before may become void.",
        err=True,
    )
