"""Paths of requests, after the prefix of the API."""

import re
from urllib.parse import quote

from issue_portal.client.arguments import make_field_error
from issue_portal.models.responses import FieldError, Issue


def get_id(issue: Issue | str) -> str:
    """Return the id of an issue, or the id itself."""
    return issue.id if isinstance(issue, Issue) else issue


def make_issue_path(issue: Issue | str) -> str:
    """Return the path of an issue. The id is one segment, even if it contains slashes or dots."""
    if not (issue_id := get_id(issue)):  # This would be the path of the list.
        raise make_field_error(FieldError(field="id", message="must not be empty"))
    return "/issue/" + quote_segment(issue_id)


def check_path(path: str) -> str:
    """Return the path with a slash at its start; it stays under the prefix of the API."""
    if "://" in path or path.startswith("/api/"):
        text = "must be the part of the path after /api/v1/app"
        raise make_field_error(FieldError(field="path", message=text))
    # Some proxies decode %2e before they resolve dot segments.
    if not path.isprintable() or re.search(r"(?i)[?#\\]|(^|/)(\.|%2e){1,2}(/|$)", path):
        text = "must be a path without dot segments and query: use params"
        raise make_field_error(FieldError(field="path", message=text))
    return "/" + path.removeprefix("/")


def quote_segment(segment: str) -> str:
    """Return the text as one segment of a path."""
    # httpx would resolve dots as parent segments.
    return quote(segment, safe="").replace(".", "%2E")
