"""Answers of servers to the calls of a client."""

from tests.servers.script import drop, truncated

ISSUE = {"id": "i", "issue_number": 7, "description": "x", "state": "NotReviewed", "is_read": True}
OK = (200, {}, ISSUE)
MADE = (201, {}, ISSUE)
LIFETIME = {"Idempotency-Key-Lifetime": "86400"}
KEEPS_KEYS = (404, LIFETIME, {"title": "A visitor has no user."})
BROKEN_OFF = [drop, truncated, (502, {}, b""), (503, {}, {}), (504, {}, b"<html>")]
NOT_TAKEN = (429, {"Retry-After": "0"}, {})
