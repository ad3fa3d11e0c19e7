"""Prints the results of commands."""

import errno
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


class OutputError(Exception):
    """The command has done its work, but its output cannot be written."""


def echo(text: object, *, err: bool = False) -> None:
    """Print a line. Raises `OutputError` on failure, so call it after the work is done."""
    try:
        click.echo(text, err=err)
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # The reader closed the pipe: click ends quietly.
        raise OutputError(error.strerror) from error


def print_json(value: Any) -> None:
    """Print one JSON document."""
    echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print aligned columns; empty values and None become a dash."""
    cells = [tuple(header), *(tuple(_make_printable(cell) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        echo(line.rstrip())


def _make_printable(cell: object) -> str:
    # Names come from users and must not move the terminal's cursor.
    return "".join(c if c.isprintable() else "?" for c in str(cell or "-"))


def format_day(seconds: int | None) -> str | None:
    """Format seconds since 1970 as ``2026-02-08``; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def print_row_counts(outcome: str, file: Path, counts: dict[str, int], as_json: bool) -> None:
    """Print the result of a backup or restore: the file, and the number of rows by table.

    ``outcome`` says what was done with the file, such as "restored".
    """
    if as_json:
        print_json({"file": str(file), "rows": counts})
    else:
        echo(f"{file} {outcome}. Issues: {counts['issues']}, users: {counts['users']}.", err=True)
