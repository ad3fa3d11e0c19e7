"""Returns users to the right page after they sign in or out."""

from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st

from auth import current_user, return_target
from auth.current_user import get_person
from components.account import sign_in_notices
from components.ui import query_params
from issue_portal.models.permissions import Action

_IS_SIGNING_IN_KEY = "is_signing_in"

LAST_PAGE_KEY = "last_page"
"""Session key: path of the last page that was not the sign-in page."""

_JUST_ARRIVED_KEY = "just_arrived"


def return_to_page() -> None:
    """If the user has just signed in at the provider, or signed out, switch to the right page.

    After a sign-in, that is the page they left. After a sign-out or a failed sign-in, it is the
    sign-in page, which shows the outcome.
    """
    target = return_target.take_return_target()
    if target and not target.is_sign_in:
        sign_in_notices.note_sign_out()
        if target.revocation_unsaved:
            sign_in_notices.note_unsaved_revocation()
    if sign_in_notices.take_sign_out():
        st.switch_page("pages/sign_in.py")
    if target is None:
        return
    pages = {str(file) for file in Path("pages").glob("[a-z]*.py")}
    # The sign-in page is left out: it would switch to itself in an endless loop.
    if target.page in pages - {"pages/sign_in.py", "pages/not_found.py"}:
        st.session_state[LAST_PAGE_KEY] = target.page
    if get_person() is None:
        sign_in_notices.note_failed_sign_in()
        st.switch_page("pages/sign_in.py")
    note_signing_in()
    # The query comes from a cookie, which users can edit. `st.switch_page` raises an error for the
    # parameters of Streamlit itself, such as ``embed``.
    query = {name: value for name, value in parse_qsl(target.query) if "embed" not in name.lower()}
    st.switch_page(find_return_page() or "", query_params=query)


def note_signing_in() -> None:
    """Mark the session as signing in, until another page than the sign-in page opens."""
    st.session_state[_IS_SIGNING_IN_KEY] = True


def find_return_page() -> str | None:
    """Return the page to show after a sign-in: the last page, or a default for the role.

    None unless the user is signing in.
    """
    if not st.session_state.get(_IS_SIGNING_IN_KEY):
        return None
    default = "pages/review.py" if current_user.may(Action.READ_ALL) else "pages/report.py"
    return str(st.session_state.get(LAST_PAGE_KEY, default))


def remember_page(path: str) -> None:
    """Remember the open page, so that a sign-in returns to it."""
    if path != st.session_state.get(LAST_PAGE_KEY):
        st.session_state[_JUST_ARRIVED_KEY] = True
        query_params.forget_url_changes_and_history()
    st.session_state[LAST_PAGE_KEY] = path
    st.session_state.pop(_IS_SIGNING_IN_KEY, None)
    sign_in_notices.clear()


def is_first_run_on_page() -> bool:
    """Return whether the user has just come from another page. True once, at the first call."""
    return bool(st.session_state.pop(_JUST_ARRIVED_KEY, False))
