"""``serve``: serve the API without the portal."""

import socket
from contextlib import suppress

import click
import uvicorn

from issue_portal.asgi import uvicorn_limits
from issue_portal.cli.local_service import open_local_service
from issue_portal.core import logging_setup, telemetry
from issue_portal.core.settings import FatalError, get_settings
from issue_portal.server.http.app import create_standalone_app
from issue_portal.server.sample_data.languages import check_language

_LONGEST_MESSAGE = 0
"""Bytes per WebSocket message; the API has no WebSockets."""


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
    logging_setup.configure_logging(settings.log)
    if settings.demo:
        check_language(settings.demo)
    telemetry.start(settings)
    uvicorn_limits.raise_descriptor_limit()
    uvicorn_limits.limit_connections(longest_message=_LONGEST_MESSAGE)
    with open_local_service() as service:
        if settings.demo:
            from issue_portal.server.sample_data import sample_issues  # noqa: PLC0415 - for demos

            sample_issues.add_sample_issues(service, settings.demo)
        with _listen(host, port) as listener:
            logging_setup.print_notice(f"Issues API on http://{host}:{port}/api/docs")
            config = uvicorn.Config(
                create_standalone_app(service),
                access_log=False,
                log_config=None,
                server_header=False,
            )
            with suppress(KeyboardInterrupt):  # Ctrl+C is the usual way to stop.
                uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as error:
        # Python appends the address, which the message already contains.
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise FatalError(
            f"Cannot listen on {host} port {port}: {reason}. Check --host, or set another --port."
        ) from error
