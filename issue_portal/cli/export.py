"""``export``: write issues to a file."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TextIO

import click
import httpx
from starlette.routing import Router

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import echo
from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.errors import IssuesError, NotSupportedError
from issue_portal.core import export_formats, portal_token
from issue_portal.core.files import replace_when_complete
from issue_portal.core.portal_token import Operator
from issue_portal.core.settings import FatalError, get_settings
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT, Include, IssueState, PageOrder
from issue_portal.server.http.app import create_app, mount_api


@click.command("export")
@click.option("--format", "format_", type=click.Choice(["csv", "jsonl"]), required=True)
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write. Default: standard output."
)
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in IssueState]),
    multiple=True,
    help="Only issues in this state; repeatable. Default: all states but Deleted.",
)
def export_issues(format_: str, output: Path | None, states: tuple[str, ...]) -> None:
    """Write issues, oldest first: as CSV for spreadsheets, or as JSON Lines for `import`.

    With ISSUES_API_URL, exports the issues of that server that ISSUES_API_TOKEN may read.
    """
    query = IssueQuery(
        page_size=PAGE_SIZE_LIMIT,
        page_order=PageOrder.ASCENDING,
        include=(Include.USER, Include.PROJECT),
        states=tuple(IssueState(state) for state in states),
    )
    try:
        with _open_output(output) as file:
            asyncio.run(_export(query, format_, file))
    except IssuesError as error:
        raise FatalError(f"The export failed: {error}") from error
    except OSError as error:
        if output is None:
            raise  # The reader closed the pipe: click ends quietly.
        raise FatalError(f"Cannot write {output}: {error.strerror}.") from error


async def _export(query: IssueQuery, format_: str, file: TextIO) -> None:
    async with _open_client() as client:
        total = await _count(client, query)
        format_line = (
            export_formats.format_csv_line if format_ == "csv" else export_formats.format_json_line
        )
        if format_ == "csv":
            file.write(export_formats.format_csv_header())
        uncounted = query.model_copy(update={"total_count": False})
        count = 0
        with click.progressbar(length=total or 0, label="Exporting", file=sys.stderr) as progress:
            async for issue in client.iterate(uncounted):
                file.write(format_line(issue))
                progress.update(1)
                count += 1
    echo(f"Issues exported: {count}.", err=True)


async def _count(client: AsyncIssuesClient, query: IssueQuery) -> int | None:
    """Count the issues to export; None if the server cannot."""
    try:
        return (await client.list(query.model_copy(update={"page_size": 1}))).total_count
    except NotSupportedError:
        return None


@asynccontextmanager
async def _open_client() -> AsyncIterator[AsyncIssuesClient]:
    settings = get_settings()
    if settings.api_url and not settings.api_shares_key:
        token = settings.api_token.get_secret_value()
        org = settings.chosen_org or ""
        async with AsyncIssuesClient(settings.api_url, token, org=org) as client:
            yield client
        return
    with open_local_service() as service:
        api = Router([mount_api(create_app(service))])
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as http_client:
            yield AsyncIssuesClient(
                "http://embedded",
                lambda: portal_token.sign(service.keys, Operator()),
                org="",
                http_client=http_client,
            )


@contextmanager
def _open_output(path: Path | None) -> Iterator[TextIO]:
    """Yield standard output, or a private file that appears once it is complete."""
    if path is None:
        yield sys.stdout
        return
    path = path.resolve()
    if path.exists() and not path.is_file():  # Do not replace a pipe or a device.
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    with (
        replace_when_complete(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        yield file
