"""``archive``: move old issues out of the database into a file."""

from datetime import UTC, datetime
from pathlib import Path

import click

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import echo, json_option, print_json
from issue_portal.server.services.archive_issues import archive_issues


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--closed-before",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="Move issues closed or deleted before this day (UTC).",
)
@json_option
def archive(file: Path, closed_before: datetime, as_json: bool) -> None:
    """Move old issues and their histories from the database to FILE. The portal can keep running.

    FILE (compressed JSON Lines) is verified before anything is removed. After an interruption, run
    the same command again. Receipts of moved issues stop working. Issues created in the last 24
    hours stay, because clients may still repeat their reports.
    """
    before = int(closed_before.replace(tzinfo=UTC).timestamp())
    existed = file.exists()
    with open_local_service() as service:
        counts = archive_issues(service, before, file)
    if as_json:
        print_json({"file": str(file) if file.exists() else None, **counts})
        return
    if counts["recent"]:
        issues = "1 issue was" if counts["recent"] == 1 else f"{counts['recent']} issues were"
        echo(
            f"{issues} created in the last 24 hours and not archived, because clients may still"
            " repeat the reports.",
            err=True,
        )
    if not file.exists():
        echo(f"There is nothing to archive: {file} was not written.", err=True)
        return
    if existed:
        echo(f"{file} already existed: nothing was added to it.", err=True)
    summary = ", ".join(f"{counts[name]} {name}" for name in ("archived", "removed", "kept"))
    echo(f"{file}: {summary}.", err=True)
