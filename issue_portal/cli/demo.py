"""``demo``: add sample issues."""

import click

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import echo
from issue_portal.core.settings import DEMO_LANGUAGE, FatalError
from issue_portal.server.sample_data.languages import list_languages
from issue_portal.server.sample_data.sample_issues import add_sample_issues


@click.command()
@click.option(
    "--language",
    type=click.Choice(list_languages()),
    default=DEMO_LANGUAGE,
    show_default=True,
    help="Language of the sample issues.",
)
def demo(language: str) -> None:
    """Add three months of sample issues to an empty database."""
    with open_local_service() as service:
        if not add_sample_issues(service, language):
            raise FatalError("The database already has issues: sample issues need an empty one.")
        echo("Added the sample issues.", err=True)
