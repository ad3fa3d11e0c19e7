"""``archive``: move old issues out of the database into a file."""

from datetime import UTC, datetime
from pathlib import Path

import click

from issue_portal.cli.installation import open_installation
from issue_portal.cli.output import echo, json_option, print_json
from issue_portal.server.services.archive_issues import archive_issues


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--closed-before",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="A day (UTC): what was closed or deleted before it is moved.",
)
@json_option
def archive(file: Path, closed_before: datetime, as_json: bool) -> None:
    """Move old issues with their histories out of the database, to FILE, while the portal runs.

    FILE (compressed JSON lines) is read back and checked before anything is removed. If that is
    interrupted, the same command goes on with it. Receipts of what was moved no longer work.
    """
    before = int(closed_before.replace(tzinfo=UTC).timestamp())
    there = file.exists()
    with open_installation() as service:
        counts = archive_issues(service, before, file)
    if as_json:
        print_json({"file": str(file), **counts})
        return
    if there:
        echo(f"{file} was there already: nothing was added to it.", err=True)
    summary = ", ".join(f"{count} {name}" for name, count in counts.items())
    echo(f"{file}: {summary}.", err=True)
