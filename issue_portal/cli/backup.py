"""``backup``: write the database, the secret key and the accounts to a file."""

from pathlib import Path

import click

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import json_option, print_row_counts
from issue_portal.server.services.backup import write_backup


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path, as_json: bool) -> None:
    """Back up the database, the secret key and the accounts to FILE. The portal can keep running.

    The backup is verified before FILE appears. Protect it like the data itself.
    """
    if str(file) == "-":
        raise click.BadParameter("a backup cannot go to standard output: name a file")
    with open_local_service() as service:
        counts = write_backup(service.database, service.settings, service.keys, file)
    print_row_counts("written and verified", file, counts, as_json)
