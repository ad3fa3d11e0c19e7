"""What the commands share: opening the installation, and how results are printed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from api.data_dir import make_data_directory
from api.keys import load_keys
from api.server.service import Service, open_service
from api.settings import CannotStart, get_settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


@contextmanager
def opened_service() -> Iterator[Service]:
    """The installation that the settings describe, made at its first use."""
    settings = get_settings()
    if settings.api_url and settings.api_shares_key:
        raise CannotStart(
            "ISSUES_API_URL is set: run this where that API runs, without ISSUES_API_URL."
        )
    if settings.api_url:
        click.echo(
            f"ISSUES_API_URL is set, but this works on the data in {settings.data_dir}.", err=True
        )
    make_data_directory(settings)
    service = open_service(settings, load_keys(settings))
    try:
        yield service
    finally:
        service.close()


def print_json(value: Any) -> None:
    """One document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as they need to be; nothing and None are a dash."""
    cells = [tuple(header), *(tuple(_plain(cell) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def _plain(cell: object) -> str:
    # Names can come from elsewhere: nothing in them moves the terminal's cursor.
    return "".join(c if c.isprintable() else "?" for c in str(cell or "-"))


def day(seconds: int | None) -> str | None:
    """A date as ``2026-02-08``."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
