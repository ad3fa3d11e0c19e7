"""The commands of ``python -m issue_portal`` or ``issue-portal``."""

import logging
import sys
from importlib import import_module
from typing import NoReturn

import click

from issue_portal import __version__
from issue_portal.cli.output import OutputError
from issue_portal.core.logging_setup import print_notice
from issue_portal.core.settings import FatalError

COMMANDS = {
    "archive": "issue_portal.cli.archive:archive",
    "backup": "issue_portal.cli.backup:backup",
    "check": "issue_portal.cli.check:check",
    "demo": "issue_portal.cli.demo:demo",
    "export": "issue_portal.cli.export:export_issues",
    "import": "issue_portal.cli.import_:import_file",
    "key": "issue_portal.cli.key:key",
    "restore": "issue_portal.cli.restore:restore",
    "serve": "issue_portal.cli.serve:serve",
    "token": "issue_portal.cli.token:token",
    "user": "issue_portal.cli.user:user",
}


class LazyCommands(click.Group):
    """A group that imports a command only when it runs, so that each command starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command with this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command


@click.group(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="issue-portal %(version)s")
def cli() -> None:
    """Run and manage the Issues API.

    Settings are ISSUES_... environment variables: see docs/configuration.md. Results go to standard
    output, messages to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 130
    interrupted.
    """


def run() -> None:
    """Run the command line; an expected failure prints one line and sets the exit code."""
    try:
        cli.main(standalone_mode=False)
    except FatalError as error:
        _fail(str(error))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except OutputError as error:
        _fail(f"Done, but the output could not be written: {error}.")
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _fail(f"Not done. {error.strerror or error}{where}.")
    except Exception as error:
        # Imported here because SQLAlchemy loads slowly and most commands do not need it.
        from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

        if not isinstance(error, DBAPIError):
            raise
        from issue_portal.server.db.database import describe_error  # noqa: PLC0415

        _fail(f"Not done. Database error: {describe_error(error)}.")


def _fail(message: str) -> NoReturn:
    if sys.argv[1:2] == ["serve"]:  # A service, whose log may be JSON.
        print_notice(message, logging.CRITICAL)
    else:
        click.echo(message, err=True)
    sys.exit(1)
