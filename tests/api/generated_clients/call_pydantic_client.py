"""Call the API with a client by openapi-generator; print what it read as JSON.

Usage: call_pydantic_client.py URL TOKEN
"""

import json
import sys

from openapi_client import (
    ApiClient,
    Configuration,
    IssuesApi,
    IssueState,
    IssueType,
    IssueUpdate,
    NewIssue,
    ResourceType,
)
from openapi_client.exceptions import NotFoundException

url, token = sys.argv[1:]
report = NewIssue(
    description="Response missed the attached policy details.",
    resource_type=ResourceType.THREAD,
    type=IssueType.NOCONTEXTUSED,
    anonymous=False,
)
with ApiClient(Configuration(host=f"{url}/api", access_token=token)) as client:
    issues = IssuesApi(client)
    created = issues.create_issue(report)
    page = issues.list_issues(page=1, page_size=20)
    fetched = issues.get_issue(created.id)
    change = IssueUpdate(state=IssueState.INREVIEW, is_read=True)
    changed = issues.put_issue(created.id, change)
    deleted = issues.delete_issue_with_http_info(created.id)
    try:
        issues.get_issue(created.id)
    except NotFoundException as error:
        problem = error.data

outcome = {
    "created": created.to_dict(),
    "page": page.to_dict(),
    "fetched": fetched.to_dict(),
    "changed": changed.to_dict(),
    "deleted": deleted.status_code,
    "problem": problem.to_dict(),
}
json.dump(outcome, sys.stdout, default=str)
