"""The examples of bodies and responses in the OpenAPI document."""

from typing import Any, Final

JsonObject = dict[str, Any]

USER: Final[JsonObject] = {
    "id": "user_4b7c2a1d9e5f3c8b",
    "org_id": "org_2f3a9d1c7b5e4a8f",
    "account_id": "acct_6c8a1f3b2d4e5f7a",
    "name": "Sasha Patel",
    "email": "sasha@auroralabs.com",
    "state": "Active",
    "roles": ["AppAdmin"],
    "created_at": "2026-02-08T14:12:45Z",
}

PROJECT: Final[JsonObject] = {"id": "handbook", "name": "Employee handbook"}

ISSUE: Final[JsonObject] = {
    "id": "issue_5c4b3a2d1e0f9a8b",
    "issue_number": 1842,
    "description": "Response missed the attached policy details.",
    "resource_type": "Thread",
    "type": "NoContextUsed",
    "state": "NotReviewed",
    "is_read": False,
    "data": {
        "thread_id": "thread_8d7c6b5a4f3e2d1c",
        "reported_interaction_id": "interaction_1a2b3c4d5e6f7a8b",
    },
    "created_at": "2026-02-08T14:55:10Z",
    "updated_at": "2026-02-08T14:55:10Z",
    "created_by": USER,
    "project": PROJECT,
}

CHANGED_ISSUE: Final[JsonObject] = ISSUE | {
    "state": "InReview",
    "is_read": True,
    "updated_at": "2026-02-09T09:20:00Z",
}

ISSUE_PAGE: Final[JsonObject] = {
    "data": [{name: value for name, value in ISSUE.items() if name != "project"}],
    "next_cursor": "kT3mV8xQ1bN5zR7wL2cY9dFa",
    "has_next_page": True,
    "has_previous_page": False,
    "total_count": 57,
}

_LAST_PAGE: Final[JsonObject] = {"has_next_page": False, "has_previous_page": False}

USER_PAGE: Final[JsonObject] = {"data": [USER], **_LAST_PAGE, "total_count": 1}

PROJECT_SUMMARY: Final[JsonObject] = PROJECT | {"count": 12}

PROJECT_PAGE: Final[JsonObject] = {"data": [PROJECT_SUMMARY], **_LAST_PAGE, "total_count": 1}

_CHANGES: Final = [
    {"field": "state", "old": "NotReviewed", "new": "InReview"},
    {"field": "is_read", "old": False, "new": True},
]

HISTORY: Final[JsonObject] = {
    "data": [
        {"at": "2026-02-08T14:55:10Z", "action": "created", "by": None, "changes": []},
        {
            "at": "2026-02-09T09:20:00Z",
            "action": "updated",
            "by": {"id": USER["id"], "name": USER["name"]},
            "changes": _CHANGES,
        },
    ]
}

RECEIPT_VIEW: Final[JsonObject] = {
    "issue_number": 1843,
    "type": "Inaccurate",
    "state": "InReview",
    "created_at": "2026-02-08T14:55:10Z",
    "updated_at": "2026-02-09T09:20:00Z",
    "description": "The notice period is 30 days, not 14.",
    "history": [
        {"at": "2026-02-08T14:55:10Z", "action": "created", "changes": []},
        {"at": "2026-02-09T09:20:00Z", "action": "updated", "changes": _CHANGES[:1]},
    ],
}

STATS: Final[JsonObject] = {
    "total": 3,
    "unread": 1,
    "anonymous": 1,
    "by_state": {"NotReviewed": 1, "InReview": 1, "Closed": 1},
    "by_type": {"NoAnswer": 1, "Inaccurate": 2, "NoContextUsed": 0, "Format": 0, "Other": 0},
    "by_project": [{"project": PROJECT, "count": 2}],
    "open_before": 0,
    "by_day": [{"day": "2026-02-08", "count": 3, "closed": 1, "open": 2}],
    "time_to_review": {"count": 2, "median": 5400, "p90": 9000},
    "time_to_close": {"count": 1, "median": 86400, "p90": 86400},
}

TOKEN: Final[JsonObject] = {
    "id": "token_0f1e2d3c4b5a6978",
    "name": "Nightly export",
    "role": "AppMember",
    "scopes": ["read"],
    "created_at": "2026-02-08T00:00:00Z",
    "expires_at": "2026-05-10T00:00:00Z",
    "last_used_at": None,
}

TOKEN_PAGE: Final[JsonObject] = {"data": [TOKEN], **_LAST_PAGE, "total_count": 1}

BULK_RESULTS: Final = [
    {"id": "issue_5c4b3a2d1e0f9a8b", "status": 200, "code": None},
    {"id": "issue_0d1e2f3a4b5c6d7e", "status": 404, "code": "not_found"},
]

HEALTH: Final[JsonObject] = {"status": "ok", "uptime": 86400, "version": "1.0.0", "commit": None}

READINESS: Final[JsonObject] = {"status": "ready"}

_REPORT: Final[JsonObject] = {
    "description": "Response missed the attached policy details.",
    "resource_type": "Thread",
    "type": "NoContextUsed",
}

NEW_ISSUES: Final[dict[str, Any]] = {
    "named": {
        "summary": "A report under the caller's name",
        "value": _REPORT | {"anonymous": False},
    },
    "anonymous": {"summary": "An anonymous report", "value": _REPORT | {"anonymous": True}},
    "thread": {
        "summary": "A report that names its thread and its project",
        "value": _REPORT
        | {"anonymous": False, "project_id": PROJECT["id"], "config": ISSUE["data"]},
    },
}

RECEIPT_LOOKUPS: Final[dict[str, Any]] = {
    "receipt": {"value": {"receipt": "4821-0973-5512-8840"}},
}

ISSUE_UPDATES: Final[dict[str, Any]] = {
    "review": {"summary": "Begin the review", "value": {"state": "InReview", "is_read": True}},
    "edit": {
        "summary": "Correct a report",
        "value": {"type": "Inaccurate", "description": "The notice period is 30 days."},
    },
}

BULK_REQUESTS: Final[dict[str, Any]] = {
    "close": {
        "summary": "Close issues",
        "value": {"ids": [result["id"] for result in BULK_RESULTS], "change": {"state": "Closed"}},
    },
    "delete": {
        "summary": "Delete an issue",
        "value": {"ids": [ISSUE["id"]], "change": {"delete": True}},
    },
}

NEW_TOKENS: Final[dict[str, Any]] = {
    "reading": {"value": {"name": TOKEN["name"], "scopes": ["read"], "expires_in_days": 90}}
}

PROJECT_UPDATES: Final[dict[str, Any]] = {"name": {"value": {"name": PROJECT["name"]}}}
