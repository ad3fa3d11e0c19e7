"""Lists of issues, from servers that filter lists and from servers that only have pages.

A list call always sends every parameter that some servers require. A server that refuses them gets
only ``page`` and ``page_size`` from then on, and `IssueWalk` filters its issues here.
"""

from collections.abc import Iterable, Mapping
from copy import copy, deepcopy
from datetime import datetime
from enum import StrEnum
from typing import Final

from issue_portal.client.errors import ApiError, BadRequestError, NotSupportedError
from issue_portal.client.pagination import Paginator
from issue_portal.client.sender import RequestSender
from issue_portal.client.server_memory import ServerMemory
from issue_portal.client.steps import ClientRequest, RequestSteps
from issue_portal.models.issue_search import fold_text, matches_search
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssuePage, Problem
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT, Include, IssueState, PageOrder

_SELECTING: Final = frozenset(
    {"page", "page_size", "page_order", "after", "before", "first", "last", "total_count"}
    | {"include"}
)
"""The parameters that do not filter issues."""

_CURSORS: Final = ("after", "before", "first", "last")


def list_criteria(query: IssueQuery) -> frozenset[str]:
    """Return the names of the parameters that filter issues."""
    return frozenset(
        name
        for name in query.model_fields_set - _SELECTING
        if getattr(query, name) not in (None, (), "")
    )


def _fetch(sender: RequestSender, query: IssueQuery) -> RequestSteps[IssuePage]:
    """Fetch a page of ``query``, unfiltered if the server has no filters."""
    memory = sender.memory
    if memory.filters_lists is False:
        return (yield from _fetch_plain(sender, query))
    params = _build_params(query, memory)
    try:
        page = yield from _send(sender, params)
    except BadRequestError as error:
        if memory.other_states or memory.other_types:
            page = yield from _send_without_other_values(sender, query, error)
        elif memory.filters_lists:
            raise
        else:
            page = yield from _find_accepted(sender, query, error)
    else:
        memory.filters_lists = not _contradicts(query, page)
    memory.learn_values(page.data)
    return page


def _send_without_other_values(
    sender: RequestSender, query: IssueQuery, error: BadRequestError
) -> RequestSteps[IssuePage]:
    """After a refused list, find out whether the server refuses unknown types or states in lists.

    Raises ``error`` if it refuses the query even without them.
    """
    memory = sender.memory
    both = bool(memory.other_states and memory.other_types)
    for keeps_states, keeps_types in [(True, False), (False, True)] * both + [(False, False)]:
        reduced = ServerMemory(
            other_states=memory.other_states if keeps_states else set(),
            other_types=memory.other_types if keeps_types else set(),
        )
        try:
            page = yield from _send(sender, _build_params(query, reduced))
        except BadRequestError:
            continue
        if memory.other_states and not keeps_states:
            memory.forget_other_states()
        if memory.other_types and not keeps_types:
            memory.forget_other_types()
        return page
    raise error


def learn_values(sender: RequestSender) -> RequestSteps[None]:
    """Look for unknown states and types among the newest issues, if the server lists them all."""
    memory = sender.memory
    refuses_all = memory.refuses_other_states and memory.refuses_other_types
    if refuses_all or memory.filters_lists is False:
        return
    params = _build_params(IssueQuery(page_size=PAGE_SIZE_LIMIT, total_count=False), sender.memory)
    del params["states"], params["type"]
    try:
        page = yield from _send(sender, params)
    except BadRequestError:
        memory.forget_other_states()
        memory.forget_other_types()
    except ApiError:
        return
    else:
        memory.learn_values(page.data)


def _find_accepted(
    sender: RequestSender, query: IssueQuery, error: BadRequestError
) -> RequestSteps[IssuePage]:
    """After a refused list, find out whether the server refuses all parameters or this query."""
    if list_criteria(query) or query.model_fields_set & {*_CURSORS}:
        try:
            yield from _send(sender, _build_params(IssueQuery(page_size=1), sender.memory))
        except BadRequestError:
            pass
        else:
            sender.memory.filters_lists = True
            raise error
    try:
        page = yield from _fetch_plain(sender, query)
    except BadRequestError:
        raise error from None
    sender.memory.filters_lists = False
    return page


def _fetch_plain(sender: RequestSender, query: IssueQuery) -> RequestSteps[IssuePage]:
    return _send(sender, {"page": query.page or 1, "page_size": query.page_size})


def _send(sender: RequestSender, params: Mapping[str, str | int]) -> RequestSteps[IssuePage]:
    response = yield from sender.fetch(ClientRequest("GET", "/issue", params=params))
    return response.read(IssuePage)


def _build_params(query: IssueQuery, memory: ServerMemory) -> dict[str, str]:
    """Return the parameters of a list, with those that some servers require."""
    always = {
        "include": f"{Include.USER},{Include.PROJECT}",
        "states": ",".join(memory.list_live_states()),
        "type": ",".join(memory.list_types()),
        "page_order": PageOrder.DESCENDING.value,
        "total_count": "true",
    }
    return always | query.to_params()


def _require_plain(query: IssueQuery) -> None:
    """Raise `NotSupportedError` unless a page by number, newest first, is all that is asked for."""
    unsupported = list_criteria(query) | {
        name for name in _CURSORS if getattr(query, name) is not None
    }
    if query.page_order is PageOrder.ASCENDING:
        unsupported |= {"page_order"}
    if unsupported:
        raise _make_not_supported_error(unsupported)


def _make_not_supported_error(names: frozenset[str] | set[str]) -> NotSupportedError:
    text = f"This server cannot apply {', '.join(sorted(names))} to lists."
    return NotSupportedError(Problem(status=501, detail=text))


class IssueWalk:
    """Walks through all issues of a query, each once.

    Exact on every server: what a server without filters cannot do is done here. Raises
    `NotSupportedError` if the server does not send the fields to filter by.
    """

    def __init__(self, sender: RequestSender, query: IssueQuery) -> None:
        self._sender = sender
        self._query = query
        self._pages = Paginator[Issue](query.page or 1)

    @property
    def is_over(self) -> bool:
        """Whether all pages were fetched."""
        return self._pages.position is None

    @property
    def goes_backwards(self) -> bool:
        """Whether the query selects a page from its end or before a cursor."""
        return bool(self._query.before or self._query.last)

    def copy(self) -> "IssueWalk":
        """Return a walk that goes on from the same position."""
        other = copy(self)
        other._pages = deepcopy(self._pages)
        return other

    def fetch_page(self) -> RequestSteps[IssuePage]:
        """Fetch the next page as the server sends it.

        Raises `NotSupportedError` if the server cannot apply the query.
        """
        query = self._build_query()
        page = yield from _fetch(self._sender, query)
        if self._sender.memory.filters_lists is False:
            _require_plain(query)
        self._pages.take(page)
        return page

    def select(self, issues: Iterable[Issue]) -> list[Issue]:
        """Return those issues of a page that `fetch` would return, each once."""
        unique = {issue.id: issue for issue in issues}.values()
        if self._sender.memory.filters_lists is False:
            return [issue for issue in unique if self._matches(issue)]
        return list(unique)

    def fetch(self) -> RequestSteps[list[Issue]]:
        """Fetch the next issues: one page, or all from a server that cannot list oldest first."""
        issues = yield from self._fetch_page()
        is_reversed = (
            self._sender.memory.filters_lists is False
            and self._query.page_order is PageOrder.ASCENDING
        )
        if is_reversed:
            while not self.is_over:
                issues += yield from self._fetch_page()
            issues.reverse()
        return issues

    def _fetch_page(self) -> RequestSteps[list[Issue]]:
        page = yield from _fetch(self._sender, self._build_query())
        return self.select(self._pages.take(page))

    def _build_query(self) -> IssueQuery:
        """Return the query for the next page."""
        query = self._query
        if not self._pages.position:
            return query
        changes: dict[str, str | int | None] = {"page": None, **self._pages.position}
        if query.before or query.last:  # A page that was selected backwards also has a next page.
            changes |= {"before": None, "last": None, "first": query.last or query.first}
        return query.model_copy(update=changes)

    def _matches(self, issue: Issue) -> bool:
        criteria = list_criteria(self._query)
        for name in criteria:
            if (result := _meets(name, self._query, issue)) is None:
                raise _make_not_supported_error({name})
            if not result:
                return False
        return "states" in criteria or issue.state != IssueState.DELETED


def _contradicts(query: IssueQuery, page: IssuePage) -> bool:
    """Return whether a page shows that the server ignored a criterion.

    Does not judge what servers may see differently (texts, limits of a period to the second, values
    that this client does not know), nor ``numbers``, which servers with other filters may lack.
    """
    criteria = list_criteria(query) - {"filter_by_text", "search", "numbers"}
    return any(
        _meets(name, query, issue, slack=1000) is False
        for name in criteria
        for issue in page.data
        if name not in ("states", "type") or _has_known_value(name, issue)
    )


def _has_known_value(name: str, issue: Issue) -> bool:
    return isinstance(issue.state if name == "states" else issue.type, StrEnum)


def _meets(name: str, query: IssueQuery, issue: Issue, *, slack: int = 0) -> bool | None:
    """Return whether an issue meets one criterion; None if the server did not send the field.

    ``slack`` widens a period, in milliseconds.
    """
    sent = issue.model_fields_set
    value = getattr(query, name)
    match name:
        case "states" | "type":
            field = "state" if name == "states" else "type"
            return getattr(issue, field) in value if field in sent else None
        case "start_date":
            return _compare(issue.created_at, value - slack, after=True)
        case "end_date":
            return _compare(issue.created_at, value + slack, after=False)
        case "filter_by_text":
            text = fold_text(issue.description or "")
            return fold_text(value) in text if "description" in sent else None
        case "search":
            return matches_search(value, issue)
        case "numbers":
            return issue.issue_number in value if "issue_number" in sent else None
        case "created_by":
            creator = issue.created_by.id if issue.created_by else None
            return creator in value if "created_by" in sent else None
        case "projects":
            project = issue.project.id if issue.project else None
            return project in value if "project" in sent else None
    return None


def _compare(at: datetime | None, milliseconds: int, *, after: bool) -> bool | None:
    return None if at is None else (at.timestamp() * 1000 >= milliseconds) is after
