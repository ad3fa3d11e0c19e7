"""``check``: compare the stored counts with the issues, and repair them."""

import click

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import echo, json_option, print_json
from issue_portal.server.db import count_rollups


@click.command()
@json_option
def check(as_json: bool) -> None:
    """Compare the counts behind totals and insights with the issues, and repair them.

    The portal can keep running. If the counts are wrong, reports wait until all issues are counted,
    which takes about ten seconds per million issues.
    """
    with open_local_service() as service:
        with service.database.read() as connection:
            differences = count_rollups.find_differences(connection, service.org_id)
        if differences:
            with service.database.write() as connection:
                count_rollups.rebuild(connection, service.org_id)
    if as_json:
        print_json({"repaired": differences})
    elif differences:
        echo(f"{differences} counts were wrong. All issues were counted again.", err=True)
    else:
        echo("The counts are correct.", err=True)
