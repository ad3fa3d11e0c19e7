"""The links of the OpenAPI document: from a response to the next operations on the same issue."""

from typing import Any, Final

JsonObject = dict[str, Any]

_CREATED_ISSUE = {"issue_id": "$response.body#/id"}
_SAME_ISSUE = {"issue_id": "$request.path.issue_id"}
_RESPONSE_ETAG = "$response.header.ETag"

LINKS: Final[dict[str, JsonObject]] = {
    "create_issue": {
        "get": {"operationId": "get_issue", "parameters": _CREATED_ISSUE},
        "put": {"operationId": "put_issue", "parameters": _CREATED_ISSUE},
        "patch": {"operationId": "patch_issue", "parameters": _CREATED_ISSUE},
        "delete": {"operationId": "delete_issue", "parameters": _CREATED_ISSUE},
        "history": {"operationId": "issue_history", "parameters": _CREATED_ISSUE},
    },
    "delete_issue": {
        "restore": {"operationId": "restore_issue", "parameters": _SAME_ISSUE},
        "deleted": {"operationId": "get_issue", "parameters": _SAME_ISSUE | {"deleted": "true"}},
    },
    "restore_issue": {
        "delete": {
            "operationId": "delete_issue",
            "parameters": _SAME_ISSUE | {"if-match": _RESPONSE_ETAG},
        },
        "history": {"operationId": "issue_history", "parameters": _SAME_ISSUE},
    },
    "create_token": {
        "revoke": {
            "operationId": "revoke_token",
            "parameters": {"token_id": "$response.body#/id"},
        }
    },
    "name_project": {"projects": {"operationId": "list_projects"}},
    "get_issue": {
        "unchanged": {
            "operationId": "get_issue",
            "parameters": _SAME_ISSUE | {"if-none-match": _RESPONSE_ETAG},
        },
        "put": {
            "operationId": "put_issue",
            "parameters": _SAME_ISSUE | {"if-match": _RESPONSE_ETAG},
        },
        "patch": {
            "operationId": "patch_issue",
            "parameters": _SAME_ISSUE | {"if-match": _RESPONSE_ETAG},
        },
        "delete": {
            "operationId": "delete_issue",
            "parameters": _SAME_ISSUE | {"if-match": _RESPONSE_ETAG},
        },
    },
}
"""The links of a success, by operation."""
