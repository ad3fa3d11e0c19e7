"""Leads a person back to the page from which they left to sign in."""

from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st

from auth import return_target
from auth.current_user import get_person, is_reviewer
from components.account import sign_out_outcome
from components.ui import query_params

_SIGNING_IN = "signing_in"

LAST_PAGE_KEY = "last_page"

_ARRIVED = "arrived"


def come_back() -> None:
    """Lead a person who was away to sign in or out to where they wanted to be then."""
    errand = return_target.take_return_target()
    if errand is None:
        return
    if not errand.signing_in:
        sign_out_outcome.note_sign_out()
        if errand.copies_hold:
            sign_out_outcome.note_that_copies_may_hold()
        if errand.change_lost:
            sign_out_outcome.note_that_change_is_lost()
        st.switch_page("pages/sign_in.py")
    pages = {str(file) for file in Path("pages").glob("[a-z]*.py")}
    # As `remember_page` is told: from the sign-in page one would be led to itself, without end.
    if errand.page in pages - {"pages/sign_in.py", "pages/not_found.py"}:
        st.session_state[LAST_PAGE_KEY] = errand.page
    if get_person() is None:
        sign_out_outcome.note_failure()
        st.switch_page("pages/sign_in.py")
    signing_in()
    # The note can be changed by hand, and Streamlit does not take its own options here.
    query = {name: value for name, value in parse_qsl(errand.query) if "embed" not in name.lower()}
    st.switch_page(page_to_return_to() or "", query_params=query)


def signing_in() -> None:
    """Note that the sign-in page is open, to go back from it afterwards."""
    st.session_state[_SIGNING_IN] = True


def page_to_return_to() -> str | None:
    """After signing in: the page from which the sign-in page was opened, else the person's own."""
    if not st.session_state.get(_SIGNING_IN):
        return None
    own = "pages/review.py" if is_reviewer() else "pages/report.py"
    return str(st.session_state.get(LAST_PAGE_KEY, own))


def remember_page(path: str) -> None:
    """Note that another page than the sign-in page is open."""
    if path != st.session_state.get(LAST_PAGE_KEY):
        st.session_state[_ARRIVED] = True
        query_params.forget_changes()
    st.session_state[LAST_PAGE_KEY] = path
    st.session_state.pop(_SIGNING_IN, None)
    sign_out_outcome.forget_sign_out()


def has_just_arrived() -> bool:
    """Whether this is the first run of a page since another one was open."""
    return bool(st.session_state.pop(_ARRIVED, False))
