"""Links from one page of a list to others: the ``Link`` header (RFC 8288)."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from issue_portal.models.requests import PageQuery
from issue_portal.server.http.router import CALLS_PATH
from issue_portal.server.services.positional_pages import is_backward
from issue_portal.server.services.serializers import JsonObject

_POSITION: Final = frozenset({"page", "after", "before", "first", "last"})
"""Parameters that a link replaces. It repeats all others."""

_LONGEST_HEADER: Final = 3_000
"""Bytes of links. Proxies refuse responses whose headers are too long: nginx above 4 kB or 8 kB."""

_Parameters = dict[str, Any]


def make_link_header(
    resource: str, parameters: QueryParams, query: PageQuery, page: JsonObject
) -> str:
    """Return the links from ``page``, which ``query`` asked for, to the pages around it.

    ``resource`` is the path of the list after `CALLS_PATH`. The URLs have no scheme and no host.
    The link to the next page comes first; if the others are too long, they are left out.
    """
    filters = [(name, value) for name, value in parameters.multi_items() if name not in _POSITION]
    # A space as "+" would be a plus sign to some parsers.
    kept = urlencode(filters, quote_via=quote)
    links: list[str] = []
    for relation, position in _list_positions(query, page):
        sent = "&".join(filter(None, (kept, urlencode(position))))
        url = f"/api{CALLS_PATH}{resource}?{sent}".removesuffix("?")
        link = f'<{url}>; rel="{relation}"'
        if links and len(", ".join([*links, link])) > _LONGEST_HEADER:
            break
        links.append(link)
    return ", ".join(links)


def _list_positions(query: PageQuery, page: JsonObject) -> Iterable[tuple[str, _Parameters]]:
    """Yield the relations and the parameters of the pages that exist."""
    if query.page is not None:
        if page["has_next_page"]:
            yield "next", {"page": query.page + 1}
        if page["has_previous_page"]:
            yield "prev", {"page": query.page - 1}
        yield "first", {"page": 1}
        return
    # Without any position, too, the next page has a cursor: unlike a number, a cursor stays correct
    # while issues are added.
    size = query.first or query.last
    forward: _Parameters = {} if size is None else {"first": size}
    backward: _Parameters = {} if size is None else {"last": size}
    backwards = is_backward(query)
    if cursor := page.get("next_cursor"):
        end = {} if backwards or query.before is None else {"before": query.before}
        yield "next", {**forward, **end, "after": cursor}
    if cursor := page.get("previous_cursor"):
        start = {"after": query.after} if backwards and query.after is not None else {}
        yield "prev", {**backward, **start, "before": cursor}
    yield "first", forward
