"""The filters and pages of a list of issues, in the URL: reload, back and bookmarks keep them."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import streamlit as st

from components.issues import issue_list
from components.ui import labels, local_time, placeholders, query_params, user_names
from components.ui.i18n import _
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import User
from issue_portal.models.text_rules import TEXT
from issue_portal.models.vocabulary import LIVE_STATES, IssueState, IssueType, PageOrder

PAGE_SIZE: Final = 20
_UNFOLDED: Final = "more_filters"
_ID_LIMIT: Final = 200
_MORE: Final = ("kind", "created", "reporter", "project")


def render_my_issues_filters() -> dict[str, Any]:
    """The filters of one's own issues: search and state."""
    search, states = st.columns([2, 3])
    with search:
        text = _search()
    with states:
        chosen = _states(LIVE_STATES)
    query_params.write_url()
    return _given(filter_by_text=text, states=chosen)


def render_queue_filters(
    people: Callable[[], Sequence[User]], projects: Callable[[], Sequence[str]]
) -> dict[str, Any]:
    """The filters of the review queue: search, state; folded: kind, dates, reporter, project.

    ``people`` and ``projects`` (ids; others can be typed) are asked for what there is to choose
    from, once that is seen.
    """
    search, states, orders = st.columns([4, 5, 2], vertical_alignment="bottom")
    with search:
        text = _search()
    with states:
        chosen = _states((*LIVE_STATES, IssueState.DELETED))
    with orders:
        order = _order()
    kinds = [kind.value for kind in IssueType]
    seen = st.session_state.get(_UNFOLDED) or any(query_params.read(key) for key in _MORE)
    names = user_names.format_distinct_names(people()) if seen else {}
    query_params.restore("kind", query_params.read_list("kind", kinds))
    query_params.restore("created", query_params.read_dates("created"))
    query_params.restore("reporter", query_params.read_list("reporter", list(names)))
    query_params.restore("project", _ids(query_params.read("project")))
    active = sum(bool(st.session_state[key]) for key in _MORE)
    title = _("More filters ({count})").format(count=active) if active else _("More filters")
    folded, clearing = st.columns([9, 2])
    with clearing:
        if active or text or chosen:
            st.button(
                _("Clear filters"),
                icon=":material/filter_alt_off:",
                type="tertiary",
                on_click=clear_filters,
            )
    with folded.expander(
        title,
        expanded=bool(active),
        icon=":material/tune:",
        key=_UNFOLDED,
        on_change="rerun",
    ):
        kind, created, reporter, project = _more(kinds, names, projects() if seen else ())
    query_params.write_url()
    first, last = _period(created)
    return _given(
        filter_by_text=text,
        states=chosen,
        type=kind,
        created_by=reporter,
        projects=_ids(",".join(project)),
        start_date=first,
        end_date=last,
        page_order=order,
    )


def get_page_number() -> int:
    """The page of the list that is asked for, from 1."""
    number = query_params.read("page")
    return max(1, int(number)) if number.isdecimal() and len(number) < 9 else 1


def render_pagination(total: int | None) -> None:
    """A control to turn the page, if there is more than one."""
    pages = -(-(total or 0) // PAGE_SIZE)
    if pages < 2:
        return
    now = min(get_page_number(), pages)
    # A widget of its own for each page: Streamlit warns when a default and a set value meet.
    key = f"page_{now}_of_{pages}"
    st.pagination(pages, default=now, key=key, on_change=_handle_turn, args=(key,))


def _handle_turn(key: str) -> None:
    go_to_page(st.session_state[key])
    issue_list.open_issue(None)


def go_to_page(number: int) -> None:
    """Ask for a page of the list."""
    query_params.change(page=str(number) if number > 1 else "")


def go_to_first_page() -> None:
    """Other filters make other pages."""
    go_to_page(1)


def clear_filters() -> None:
    """Let everything through again."""
    query_params.change(**dict.fromkeys(("q", "state", *_MORE, "page"), ""))


def render_no_match() -> None:
    """Tell that the filters let nothing through; a page beyond the last leads back to the first."""
    if get_page_number() > 1:
        go_to_first_page()
        query_params.write_url()
        st.rerun()
    with placeholders.render_empty(
        _("No issue fits these filters."), icon="filter_alt_off", name="no_fit"
    ):
        st.button(_("Show all"), icon=":material/filter_alt_off:", on_click=clear_filters)


def build_query(given: dict[str, Any], number: int) -> IssueQuery:
    """One page of what the filters let through, with how many those are."""
    return IssueQuery(**given, page=number, page_size=PAGE_SIZE, total_count=True)


def _more(
    kinds: list[str], names: Mapping[str, str], projects: Sequence[str]
) -> tuple[list[str], Any, list[str], list[str]]:
    """The folded ones, whose values were read from the URL before: their number is in the title."""
    upper, lower = st.columns(2), st.columns(2)
    with upper[0]:
        kind = st.multiselect(
            _("Kind of problem"),
            kinds,
            format_func=labels.format_type,
            key="kind",
            on_change=go_to_first_page,
            placeholder=_("Any"),
            select_all=False,
        )
        query_params.keep("kind", ",".join(kind))
    with upper[1]:
        created = st.date_input(
            _("Reported between"),
            key="created",
            min_value=query_params.FIRST_DAY,
            max_value=query_params.LAST_DAY,
            format="YYYY-MM-DD",
            on_change=go_to_first_page,
        )
        days = created if isinstance(created, tuple) else (created,)
        query_params.keep("created", ",".join(day.isoformat() for day in days if day))
        if len(days) == 1:
            st.caption(_("So far it is this one day. Choose the last day, too."))
    with lower[0]:
        reporter = st.multiselect(
            _("Reported by"),
            list(names),
            format_func=lambda user_id: names.get(user_id, user_id),
            key="reporter",
            on_change=go_to_first_page,
            placeholder=_("Anyone"),
            select_all=False,
        )
        query_params.keep("reporter", ",".join(reporter))
    with lower[1]:
        project = st.multiselect(
            _("Project"),
            list(dict.fromkeys([*projects, *st.session_state["project"]])),
            key="project",
            accept_new_options=True,
            on_change=go_to_first_page,
            placeholder=_("Choose it, or type its id"),
            select_all=False,
        )
        query_params.keep("project", ",".join(_ids(",".join(project))))
    return kind, created, reporter, project


def _search() -> str:
    query_params.restore("q", _printable(query_params.read("q")))
    text = st.text_input(
        _("Search"),
        key="q",
        type="search",
        live=True,
        placeholder=_("Words in the text"),
        icon=":material/search:",
        max_chars=200,
        on_change=go_to_first_page,
    )
    text = _printable(text)
    query_params.keep("q", text)
    return text


def _printable(text: str) -> str:
    """What can be searched for: an address or the clipboard can bring more."""
    return "".join(c for c in text if c.isprintable())[:200]


def _order() -> PageOrder | None:
    values = [value.value for value in (PageOrder.DESCENDING, PageOrder.ASCENDING)]
    query_params.restore("order", (query_params.read_list("order", values) or values)[0])
    chosen = st.selectbox(
        _("Order"),
        values,
        format_func=lambda value: _("Oldest first") if value == "ASC" else _("Newest first"),
        key="order",
        on_change=go_to_first_page,
        label_visibility="collapsed",
    )
    query_params.keep("order", "ASC" if chosen == "ASC" else "")
    return PageOrder.ASCENDING if chosen == "ASC" else None


def _states(states: Sequence[IssueState]) -> list[str]:
    values = [state.value for state in states]
    query_params.restore("state", query_params.read_list("state", values))
    chosen = st.pills(
        _("State"),
        values,
        format_func=labels.format_state,
        selection_mode="multi",
        key="state",
        on_change=go_to_first_page,
    )
    query_params.keep("state", ",".join(chosen))
    return chosen


def _ids(joined: str) -> list[str]:
    parts = [part.strip() for part in joined.split(",")]
    return [part for part in parts if re.fullmatch(TEXT, part) and len(part) <= _ID_LIMIT][:20]


def _period(chosen: Any) -> tuple[int | None, int | None]:
    """Milliseconds from the start of the first day to the end of the last, where the person is."""
    days: list[date] = list(chosen) if isinstance(chosen, tuple | list) else []
    if not days:
        return None, None
    first, after = days[0], days[-1] + timedelta(days=1)
    return _midnight(first), _midnight(after)


def _midnight(when: date) -> int:
    return max(
        0, int(datetime.combine(when, time.min, local_time.get_time_zone()).timestamp() * 1000)
    )


def _given(**filters: Any) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value}
