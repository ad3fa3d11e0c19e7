"""``serve`` and ``demo``."""

import socket
from contextlib import suppress

import click
import uvicorn

from api import logs, sockets, telemetry
from api.commands.opening import opened_service
from api.commands.output import echo
from api.server.app import standalone
from api.server.demo import add_sample_issues
from api.settings import CannotStart, get_settings

_LONGEST_MESSAGE = 0
"""Bytes of a WebSocket message: the API has no WebSockets."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8502,
    show_default=True,
    help="Port to listen on.",
)
def serve(host: str, port: int) -> None:
    """Serve the API alone, without the portal."""
    settings = get_settings()
    logs.configure(settings.log)
    telemetry.start(settings)
    sockets.raise_limit()
    sockets.limit_connections(_LONGEST_MESSAGE)
    with opened_service() as service:
        if settings.demo:
            add_sample_issues(service)
        with _listen(host, port) as listener:
            click.echo(f"Issues API on http://{host}:{port}/api/docs", err=True)
            config = uvicorn.Config(
                standalone(service),
                access_log=False,
                log_config=None,
                server_header=False,
            )
            with suppress(KeyboardInterrupt):  # The usual way to stop it.
                uvicorn.Server(config).run(sockets=[listener])


@click.command()
def demo() -> None:
    """Add a few hundred sample issues to an empty database."""
    with opened_service() as service:
        if not add_sample_issues(service):
            raise CannotStart("There are issues already: samples are for an empty database only.")
        echo("Sample issues were added.", err=True)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {host} port {port}: {error.strerror}. Choose another with --port."
        ) from error
