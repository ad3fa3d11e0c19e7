"""``restore``: fill a new installation from a backup."""

from pathlib import Path

import click

from issue_portal.cli.local_service import require_local_database
from issue_portal.cli.output import json_option, print_row_counts
from issue_portal.core.files import make_data_directory
from issue_portal.core.settings import get_settings
from issue_portal.server.db.database import Database
from issue_portal.server.services.backup import restore_backup


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--other-key",
    is_flag=True,
    help="Restore even if the secret key has changed. Receipts and API tokens then stop working.",
)
@json_option
def restore(file: Path, other_key: bool, as_json: bool) -> None:
    """Restore the backup FILE into a new, empty installation. Stop the portal first.

    The backup may come from SQLite or PostgreSQL, so this also moves data from one to the other.
    """
    settings = get_settings()
    require_local_database(settings)
    make_data_directory(settings)
    database = Database(settings.database)
    try:
        counts = restore_backup(database, settings, file, other_key=other_key)
    finally:
        database.close()
    print_row_counts("restored", file, counts, as_json)
