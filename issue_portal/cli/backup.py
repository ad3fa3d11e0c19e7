"""``backup``, ``restore`` and ``archive``."""

from datetime import UTC, datetime
from pathlib import Path

import click

from issue_portal.cli.installation import opened_service
from issue_portal.cli.output import as_json, echo, print_json
from issue_portal.core.files import make_data_directory
from issue_portal.core.settings import get_settings
from issue_portal.server.db.database import Database
from issue_portal.server.services.archive_issues import archive_issues
from issue_portal.server.services.backup import Counts, restore_backup, write_backup


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def backup(file: Path, as_json: bool) -> None:
    """Write a backup of database, secret key and accounts to FILE, while the portal runs.

    It is read back and checked before FILE appears. Keep it as safe as the data itself.
    """
    if str(file) == "-":
        raise click.BadParameter("a backup is written to a file")
    with opened_service() as service:
        counts = write_backup(service.database, service.settings, service.keys, file)
    _tell("written and verified", file, counts, as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--other-key", is_flag=True, help="Accept that receipts and API tokens are void.")
@as_json
def restore(file: Path, other_key: bool, as_json: bool) -> None:
    """Fill a new, empty installation from the backup FILE; stop the portal first.

    The backup may come from another database: this is how to move from SQLite to PostgreSQL.
    """
    settings = get_settings()
    make_data_directory(settings)
    database = Database(settings.database)
    try:
        counts = restore_backup(database, settings, file, other_key=other_key)
    finally:
        database.close()
    _tell("restored", file, counts, as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--closed-before",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="A day (UTC): what was closed or deleted before it is moved.",
)
@as_json
def archive(file: Path, closed_before: datetime, as_json: bool) -> None:
    """Move old issues with their histories out of the database, to FILE, while the portal runs.

    FILE (compressed JSON lines) is read back and checked before anything is removed. If that is
    interrupted, the same command goes on with it. Receipts of what was moved no longer work.
    """
    before = int(closed_before.replace(tzinfo=UTC).timestamp())
    there = file.exists()
    with opened_service() as service:
        counts = archive_issues(service, before, file)
    if as_json:
        print_json({"file": str(file), **counts})
        return
    if there:
        echo(f"{file} was there already: nothing was added to it.", err=True)
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    echo(f"{file}: {told}.", err=True)


def _tell(done: str, file: Path, counts: Counts, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(file), "rows": counts})
    else:
        echo(f"{file} {done}. Issues: {counts['issues']}, users: {counts['users']}.", err=True)
