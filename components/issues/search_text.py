"""Turns the text of a search field into parameters of a list of the server in use."""

from collections.abc import Mapping
from typing import Any

from components import server_capabilities
from issue_portal.models.issue_search import parse_issue_number


def build_search_parameters(text: str) -> Mapping[str, Any]:
    """Return the parameters of an `IssueQuery` that search for ``text``; none if it is blank.

    Searches number, text, reporter and project if the server can. Otherwise, an issue number such
    as ``#12`` or ``12`` selects that issue if the server can, and any other text is searched for in
    the descriptions. Raises `IssuesError` if the server does not say what it can.
    """
    text = text.strip()
    if not text:
        return {}
    if not server_capabilities.can_filter():
        # The portal filters the list itself: `criteria.matches`.
        return {"search": text}
    if server_capabilities.can_search_all_fields():
        return {"search": text}
    number = parse_issue_number(text)
    if number is not None and server_capabilities.has_extra_filters():
        return {"numbers": (number,)}
    return {"filter_by_text": text}
