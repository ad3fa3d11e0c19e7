"""Report a problem anonymously and print its receipt.

ISSUES_URL=http://localhost:8501 API_TOKEN=… python examples/report_a_problem.py "What happened"
"""

import os
import sys

from issue_portal import IssuesClient, errors
from issue_portal.models.requests import NewIssue
from issue_portal.models.vocabulary import IssueType, ResourceType


def main(description: str) -> None:
    """Send the report; exit with the reason if the server refuses it."""
    new = NewIssue(
        description=description,
        resource_type=ResourceType.THREAD,
        type=IssueType.INACCURATE,
        anonymous=True,
    )
    with IssuesClient(os.environ["ISSUES_URL"], os.environ["API_TOKEN"]) as client:
        try:
            issue = client.create(new)
        except errors.IssuesError as error:
            sys.exit(f"The report was not sent: {error}")
    print(f"Issue {issue.issue_number}, receipt {issue.receipt}")


if __name__ == "__main__":
    main(sys.argv[1])
