"""The filters of a list of issues. They live in the URL: reload, back and bookmarks keep them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from api.contract import LIVE_STATES, IssueQuery, IssueState, IssueType, User
from components import issue_list, labels

PAGE_SIZE = 20


def mine() -> dict[str, Any]:
    """The filters of one's own issues: search and state."""
    search, states = st.columns([2, 3], vertical_alignment="bottom")
    with search:
        text = _search()
    with states:
        chosen = _states(LIVE_STATES)
    return _given(filter_by_text=text, states=chosen)


def queue(people: Sequence[User]) -> dict[str, Any]:
    """The filters of the review queue: search, state, and folded: kind, dates, reporter."""
    search, states = st.columns([2, 3], vertical_alignment="bottom")
    with search:
        text = _search()
    with states:
        chosen = _states((*LIVE_STATES, IssueState.DELETED))
    keys = ("kind", "created", "reporter")
    active = sum(key in st.query_params for key in keys)
    title = f"More filters ({active} on)" if active else "More filters"
    with st.expander(title, expanded=bool(active), icon=":material/tune:", key="more_filters"):
        kinds, dates, reporters = st.columns(3)
        with kinds:
            kind = st.multiselect(
                "Kind of problem",
                [kind.value for kind in IssueType],
                format_func=labels.kind,
                key="kind",
                bind="query-params",
                on_change=back_to_first_page,
                placeholder="Any",
            )
        with dates:
            created = st.date_input(
                "Reported between",
                [],
                key="created",
                bind="query-params",
                on_change=back_to_first_page,
            )
        with reporters:
            names = labels.tell_apart(people)
            reporter = st.multiselect(
                "Reported by",
                list(names),
                format_func=lambda user_id: names.get(user_id, user_id),
                key="reporter",
                bind="query-params",
                on_change=back_to_first_page,
                placeholder="Anyone",
            )
    first, last = _period(created)
    return _given(
        filter_by_text=text,
        states=chosen,
        type=kind,
        created_by=reporter,
        start_date=first,
        end_date=last,
    )


def requested_page() -> int:
    """The page of the list that is asked for, from 1."""
    number = str(st.session_state.get("page") or st.query_params.get("page", ""))
    return max(1, int(number)) if number.isdecimal() and len(number) < 9 else 1


def turn_page(total: int | None) -> None:
    """A control to turn the page, if there is more than one."""
    pages = -(-(total or 0) // PAGE_SIZE)
    if pages > 1:
        st.pagination(
            pages,
            key="page",
            bind="query-params",
            on_change=issue_list.open_issue,
            args=(None,),
        )


def back_to_first_page() -> None:
    """Other filters make other pages."""
    if requested_page() > 1:
        st.session_state["page"] = 1


def clear() -> None:
    """Let everything through again."""
    for key, nothing in (("q", ""), ("state", []), ("kind", []), ("created", []), ("reporter", [])):
        if key in st.session_state:
            st.session_state[key] = nothing
    back_to_first_page()


def nothing_fits(whose: str) -> None:
    """Tell that the filters let nothing through; a page beyond the last leads back to the first."""
    if requested_page() > 1:
        back_to_first_page()
        st.rerun()
    st.info(f"None of {whose} fits these filters.", icon=":material/filter_alt_off:")
    st.button("Clear filters", icon=":material/filter_alt_off:", on_click=clear)


def query(given: dict[str, Any], number: int) -> IssueQuery:
    """One page of what the filters let through."""
    return IssueQuery(**given, page=number, page_size=PAGE_SIZE)


def _search() -> str:
    text = st.text_input(
        "Search",
        key="q",
        type="search",
        live=True,
        placeholder="Words in the text",
        icon=":material/search:",
        max_chars=200,
        bind="query-params",
        on_change=back_to_first_page,
    )
    # The URL can bring what cannot be typed.
    return "".join(c for c in text if c.isprintable())


def _states(states: Sequence[IssueState]) -> list[str]:
    return st.pills(
        "State",
        [state.value for state in states],
        format_func=labels.state,
        selection_mode="multi",
        key="state",
        bind="query-params",
        on_change=back_to_first_page,
    )


def _period(chosen: Any) -> tuple[int | None, int | None]:
    """Milliseconds from the start of the first day to the end of the last, where the person is."""
    days: list[date] = list(chosen) if isinstance(chosen, tuple | list) else []
    if not days:
        return None, None
    first, after = days[0], days[-1] + timedelta(days=1)
    return _midnight(first), _midnight(after)


def _midnight(when: date) -> int:
    return max(0, int(datetime.combine(when, time.min, labels.zone()).timestamp() * 1000))


def _given(**filters: Any) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value}
