"""Entry point of the command line.

Without the extra ``server``, it only prints the version, or names the extra to install.
"""

import sys

from issue_portal import __version__

_NEEDS_SERVER = "The command line needs the server: pip install 'issue-portal[server]'"


def main() -> None:
    """Run the command line. If a package is missing, name the extra to install."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"issue-portal {__version__}\n")
        return
    try:
        # Imported here because click comes with the extra.
        from issue_portal.cli.commands import run  # noqa: PLC0415

        run()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("issue_portal"):
            raise
        sys.exit(f"{_NEEDS_SERVER} ({error.name} is missing)")
