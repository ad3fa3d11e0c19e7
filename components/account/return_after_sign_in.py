"""Returns users to the page from which they left to sign in."""

from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st

from auth import current_user, return_target
from auth.current_user import get_person
from components.account import sign_out_outcome
from components.ui import query_params
from issue_portal.models.permissions import Action

_ON_SIGN_IN_PAGE_KEY = "signing_in"

LAST_PAGE_KEY = "last_page"

_ARRIVED_KEY = "arrived"


def return_to_page() -> None:
    """Switch to the page to return to, if the user has just come back from the provider."""
    target = return_target.take_return_target()
    if target is None:
        return
    if not target.is_sign_in:
        sign_out_outcome.note_sign_out()
        if target.revocation_unsaved:
            sign_out_outcome.note_unsaved_revocation()
        if target.change_lost:
            sign_out_outcome.note_lost_change()
        st.switch_page("pages/sign_in.py")
    pages = {str(file) for file in Path("pages").glob("[a-z]*.py")}
    # Like `remember_page`, without the sign-in page: it would switch to itself forever.
    if target.page in pages - {"pages/sign_in.py", "pages/not_found.py"}:
        st.session_state[LAST_PAGE_KEY] = target.page
    if get_person() is None:
        sign_out_outcome.note_failed_sign_in()
        st.switch_page("pages/sign_in.py")
    note_sign_in_page()
    # Users can edit the cookie, and `st.switch_page` refuses Streamlit's own parameters (embed).
    query = {name: value for name, value in parse_qsl(target.query) if "embed" not in name.lower()}
    st.switch_page(find_return_page() or "", query_params=query)


def note_sign_in_page() -> None:
    """Note that the sign-in page is open, so that `find_return_page` leads back from it."""
    st.session_state[_ON_SIGN_IN_PAGE_KEY] = True


def find_return_page() -> str | None:
    """Return the page to show after a sign-in: the one before the sign-in page, or a default.

    None if the sign-in page is not open.
    """
    if not st.session_state.get(_ON_SIGN_IN_PAGE_KEY):
        return None
    default = "pages/review.py" if current_user.may(Action.READ_ALL) else "pages/report.py"
    return str(st.session_state.get(LAST_PAGE_KEY, default))


def remember_page(path: str) -> None:
    """Remember the page that is open, to return to it after a sign-in."""
    if path != st.session_state.get(LAST_PAGE_KEY):
        st.session_state[_ARRIVED_KEY] = True
        query_params.forget_changes()
    st.session_state[LAST_PAGE_KEY] = path
    st.session_state.pop(_ON_SIGN_IN_PAGE_KEY, None)
    sign_out_outcome.clear()


def has_just_arrived() -> bool:
    """Return whether this is the first run of a page since another one was open."""
    return bool(st.session_state.pop(_ARRIVED_KEY, False))
