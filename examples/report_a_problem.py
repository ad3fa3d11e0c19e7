"""Report a problem anonymously and print its receipt.

ISSUES_API_URL=http://localhost:8501 ISSUES_API_TOKEN=… \
    python examples/report_a_problem.py "What happened"
"""

import sys

from issue_portal import IssuesClient, IssuesError


def main(description: str) -> None:
    """Send the report; exit with the reason if the server refuses it."""
    try:
        with IssuesClient() as client:
            issue = client.create(type="Inaccurate", description=description, anonymous=True)
    except IssuesError as error:
        sys.exit(f"The report was not sent: {error}")
    print(f"Issue {issue.issue_number}, receipt {issue.receipt}")


if __name__ == "__main__":
    main(sys.argv[1])
