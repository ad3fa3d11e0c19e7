"""``import``: read issues from a file."""

import gzip
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TextIO

import click

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import echo, json_option, print_json
from issue_portal.core.settings import FatalError
from issue_portal.server.services.import_issues import import_issues


@click.command("import")
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)
@json_option
def import_file(file: Path, as_json: bool) -> None:
    """Import issues from FILE (- reads standard input).

    FILE contains JSON Lines written by `export` or `archive`, or another server's issues in that
    format. Does not import histories. Skips issues whose id already exists, so you can repeat the
    import.
    """
    try:
        with open_local_service() as service, _open_input(file) as lines:
            counts = import_issues(
                service,
                lines,
                lambda number, reason: click.echo(f"line {number}: {reason}", err=True),
            )
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FatalError(f"Cannot read {file}: {reason}.") from error
    except UnicodeDecodeError as error:
        raise FatalError(f"{file} is not UTF-8 text.") from error
    if as_json:
        print_json(counts)
    else:
        summary = ", ".join(f"{count} {name}" for name, count in counts.items())
        echo(f"{file}: {summary}.", err=True)
    if counts["refused"]:
        sys.exit(1)


def _open_input(path: Path) -> AbstractContextManager[TextIO]:
    if str(path) == "-":
        return nullcontext(sys.stdin)
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")
