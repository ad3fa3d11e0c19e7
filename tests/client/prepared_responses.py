"""Responses for the server in `tests.servers.scripted_server`: success, refusal, failure."""

from tests.servers.scripted_server import drop, truncated

ISSUE = {"id": "i", "issue_number": 7, "description": "x", "state": "NotReviewed", "is_read": True}
OK = (200, {}, ISSUE)
CREATED = (201, {}, ISSUE)
KEY_LIFETIME_HEADER = {"Idempotency-Key-Lifetime": "86400"}
ME_WITH_KEY_LIFETIME = (404, KEY_LIFETIME_HEADER, {"title": "A visitor has no user."})
"""Response to ``GET /me``. Its header says that the server keeps idempotency keys for a day."""

LOST_RESPONSES = [
    drop,
    truncated,
    (408, {}, {}),
    (502, {}, b""),
    (503, {}, {}),
    (504, {}, b"<html>"),
]
"""Responses after which a client does not know whether the server made the change."""

RATE_LIMITED = (429, {"Retry-After": "0"}, {})
