"""``backup``: write database, secret key and accounts to a file."""

from pathlib import Path

import click

from issue_portal.cli.installation import open_installation
from issue_portal.cli.output import json_option, print_rows
from issue_portal.server.services.backup import write_backup


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path, as_json: bool) -> None:
    """Write a backup of database, secret key and accounts to FILE, while the portal runs.

    It is read back and checked before FILE appears. Keep it as safe as the data itself.
    """
    if str(file) == "-":
        raise click.BadParameter("a backup is written to a file")
    with open_installation() as service:
        counts = write_backup(service.database, service.settings, service.keys, file)
    print_rows("written and verified", file, counts, as_json)
