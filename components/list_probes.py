"""Requests that show which parameters of lists a server has: others refuse or ignore them.

Each raises `IssuesError` if a request fails for another reason.
"""

import secrets
from typing import Final

from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import BadRequestError, NotSupportedError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue

_FAR_FUTURE: Final = 2**52
"""Milliseconds since 1970."""

_UNUSED_NUMBER: Final = 2**31 - 1
"""No issue has this number."""


def probe_filters(client: IssuesClient) -> bool | None:
    """Return whether the server filters lists; None if it lists no issues to tell by.

    Lists the issues with a start date in the far future. A server that filters returns none; an
    older one refuses the date, or ignores it and returns issues.
    """
    try:
        client.list(IssueQuery(page_size=1, start_date=_FAR_FUTURE))
    except NotSupportedError:
        return False
    except BadRequestError:
        pass  # The server knows the parameter, but not such dates.
    return True if client.list(IssueQuery(page_size=1)).data else None


def probe_search(client: IssuesClient) -> bool | None:
    """Return whether the server has ``search``; None if it lists no issues to tell by.

    A search for the number of the newest issue must find this issue, and a search for a random word
    must not. If somebody deletes the issue between these requests, the result is wrongly False.
    """
    newest = _fetch_newest(client)
    if newest is None or newest.issue_number is None:
        return None if newest is None else False
    number = newest.issue_number
    try:
        found = client.list(IssueQuery(numbers=(number,), search=f"#{number}"))
        others = client.list(IssueQuery(numbers=(number,), search=secrets.token_hex(16)))
    except (BadRequestError, NotSupportedError):
        return False
    return [issue.id for issue in found.data] == [newest.id] and not others.data


def probe_extra_filters(client: IssuesClient) -> bool | None:
    """Return whether the server has ``numbers``, ``is_read`` and ``anonymous``.

    Returns None if it lists no issues to tell by. Asks for the newest issue, for an unused number,
    and for the issue with the opposite of each value: a server with these filters returns nothing
    for that, or the issue as it has changed in the meantime.
    """
    newest = _fetch_newest(client)
    if newest is None:
        return None
    if newest.issue_number is None or "created_by" not in newest.model_fields_set:
        return False
    numbers, anonymous = (newest.issue_number,), newest.created_by is None
    try:
        same = client.list(IssueQuery(numbers=numbers, anonymous=anonymous))
        opposite = client.list(IssueQuery(numbers=numbers, anonymous=not anonymous))
        absent = client.list(IssueQuery(numbers=(_UNUSED_NUMBER,)))
        changed = client.list(IssueQuery(numbers=numbers, is_read=not newest.is_read))
    except (BadRequestError, NotSupportedError):
        return False
    return (
        [issue.id for issue in same.data] == [newest.id]
        and not opposite.data
        and not absent.data
        and all(issue.id == newest.id and issue.is_read != newest.is_read for issue in changed.data)
    )


def _fetch_newest(client: IssuesClient) -> Issue | None:
    return next(iter(client.list(IssueQuery(page_size=1)).data), None)
