"""``demo``: add sample issues."""

import click

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import echo
from issue_portal.core.settings import FatalError
from issue_portal.server.services.sample_data import add_sample_issues


@click.command()
def demo() -> None:
    """Add a few hundred sample issues to an empty database."""
    with open_local_service() as service:
        if not add_sample_issues(service):
            raise FatalError("The database already has issues: sample issues need an empty one.")
        echo("Added the sample issues.", err=True)
