"""Guards for pages that need a signed-in user. They show the sign-in form in place of the page."""

from urllib.parse import urlencode

import streamlit as st

from auth import current_user
from auth.current_user import get_person
from auth.return_target import ReturnTarget
from components.account import sign_in_form, sign_in_session
from components.account.return_after_sign_in import LAST_PAGE_KEY
from components.report import draft_autosave
from components.ui import messages, placeholders
from components.ui.i18n import _
from issue_portal.core.portal_token import Person
from issue_portal.models.permissions import Action


def require(action: Action) -> Person:
    """Return the current user if they may do the action; else stop the page.

    A visitor gets the sign-in form; a user without the right gets a message.
    """
    person = require_user()
    if not current_user.may(action):
        messages.render_pending()  # Such as a message that the last change failed.
        with placeholders.render_no_access(
            _("This page is for reviewers. If you need access, contact your administrator.")
        ):
            st.page_link("pages/my_issues.py", label=_("Show my reports"), icon=":material/inbox:")
        st.stop()
    return person


def require_user() -> Person:
    """Return the current user; if there is none, show the sign-in form and stop the page."""
    person = get_person()
    if person is None:
        with placeholders.render_no_access(_("Sign in to see this page.")):
            render_sign_in_form()
        st.stop()
    return person


def stop_if_sign_in_ended(title: str) -> None:
    """If the sign-in of this browser tab has ended, show the sign-in form and stop the page.

    The next person at the browser must not see the user's draft or receipt. The draft comes back
    once the same user has signed in again.
    """
    if not current_user.has_sign_in_ended():
        return
    st.title(title, anchor=False)
    with placeholders.render_no_access(_("You've been signed out. Sign in again.")):
        render_sign_in_form()
        st.button(
            _("Continue without signing in"),
            type="tertiary",
            on_click=sign_in_session.continue_as_visitor,
        )
    draft_autosave.stop_autosave()
    st.stop()


def require_in_fragment(action: Action) -> Person:
    """Like `require`, but for a call inside a fragment: return the current user.

    If they may no longer do the action, rerun the whole page, whose own guard then stops it.
    """
    person = get_person()
    if person is None or not current_user.may(action):
        st.rerun()
    return person


def render_sign_in_form() -> None:
    """Render the sign-in form; after the sign-in, the user returns to the last page."""
    sign_in_form.render(
        ReturnTarget(
            is_sign_in=True,
            page=str(st.session_state.get(LAST_PAGE_KEY, "")),
            query=urlencode(st.query_params.to_dict()),
        )
    )
