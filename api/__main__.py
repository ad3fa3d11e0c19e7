"""The operator's command line: ``python -m api``."""

import socket
import sys
import time

import click
import uvicorn

from api.contract import Role
from api.first_run import make_data_directory
from api.keys import load_keys
from api.server import access
from api.server.app import standalone
from api.server.service import Service, open_service
from api.settings import CannotStart, get_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run and look after the Issues API. Settings come from ISSUES_… variables (see the README)."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8502, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Serve the API alone, without the portal."""
    service = _service()
    with _listen(host, port) as listener:
        click.echo(f"Issues API on http://{host}:{port}/api/docs", err=True)
        config = uvicorn.Config(
            standalone(service), access_log=False, log_level="warning", server_header=False
        )
        uvicorn.Server(config).run(sockets=[listener])


@cli.group()
def token() -> None:
    """API tokens for scripts."""


@token.command("create")
@click.option("--email", required=True, help="Whose token it is; the user is created if need be.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.MEMBER.value,
    show_default=True,
    help="What it may do.",
)
@click.option("--expires-in-days", type=click.IntRange(min=0), help="Default: never.")
def token_create(email: str, role: str, expires_in_days: int | None) -> None:
    """Make a token and print it. It is shown only now: just its hash is kept."""
    if "@" not in email or email != email.strip() or len(email) > 320:
        raise click.BadParameter("this is not an e-mail address", param_hint="--email")
    service = _service()
    expires_at = None if expires_in_days is None else int(time.time()) + expires_in_days * 86_400
    click.echo(
        access.create_token(
            service.database, service.org_id, service.keys, email.lower(), Role(role), expires_at
        )
    )


def _service() -> Service:
    settings = get_settings()
    make_data_directory(settings)
    return open_service(settings, load_keys(settings))


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {host} port {port}: {error.strerror}. Choose another with --port."
        ) from error


def main() -> None:
    """Run the command line; what keeps it from starting is told in one line."""
    try:
        cli(prog_name="python -m api")
    except CannotStart as error:
        click.echo(error, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
