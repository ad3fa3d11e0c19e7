"""Print the issues that wait for review, oldest first. The token needs the reviewer role.

ISSUES_API_URL=http://localhost:8501 ISSUES_API_TOKEN=… python examples/waiting_issues.py
"""

import asyncio

from issue_portal import AsyncIssuesClient
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState, PageOrder


async def main() -> None:
    """Fetch all pages of the list and print a line for each issue."""
    waiting = IssueQuery(states=(IssueState.NOT_REVIEWED,), page_order=PageOrder.ASCENDING)
    async with AsyncIssuesClient() as client:
        async for issue in client.iterate(waiting):
            print(f"{issue.issue_number:>6}  {issue.type:<14}  {(issue.description or '')[:60]!r}")


if __name__ == "__main__":
    asyncio.run(main())
