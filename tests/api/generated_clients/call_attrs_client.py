"""Call the API with a client by openapi-python-client; print what it read as JSON.

Usage: call_attrs_client.py URL TOKEN
"""

import json
import sys

from issues_api_client import AuthenticatedClient
from issues_api_client.api.issues import (
    create_issue,
    delete_issue,
    get_issue,
    list_issues,
    put_issue,
)
from issues_api_client.models import IssueState, IssueType, IssueUpdate, NewIssue, ResourceType

url, token = sys.argv[1:]
report = NewIssue(
    description="Response missed the attached policy details.",
    resource_type=ResourceType.THREAD,
    type_=IssueType.NOCONTEXTUSED,
    anonymous=False,
)
with AuthenticatedClient(f"{url}/api", token) as client:
    created = create_issue.sync(client=client, body=report)
    page = list_issues.sync(client=client, page=1, page_size=20)
    fetched = get_issue.sync(created.id, client=client)
    change = IssueUpdate(state=IssueState.INREVIEW, is_read=True)
    changed = put_issue.sync(created.id, client=client, body=change)
    deleted = delete_issue.sync_detailed(created.id, client=client)
    problem = get_issue.sync(created.id, client=client)

outcome = {
    "created": created.to_dict(),
    "page": page.to_dict(),
    "fetched": fetched.to_dict(),
    "changed": changed.to_dict(),
    "deleted": deleted.status_code,
    "problem": problem.to_dict(),
}
json.dump(outcome, sys.stdout)
