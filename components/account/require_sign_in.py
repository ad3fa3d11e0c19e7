"""Pages for members or reviewers only: the sign-in form in their place."""

from urllib.parse import urlencode

import streamlit as st

from auth import current_user
from auth.current_user import get_person, is_reviewer
from auth.return_target import ReturnTarget
from components.account import sign_in_form, sign_in_session
from components.account.return_after_sign_in import LAST_PAGE_KEY
from components.report import draft_autosave
from components.ui import messages, placeholders
from components.ui.i18n import _
from issue_portal.core.portal_token import Person


def require(*, reviewer: bool = False) -> Person:
    """The person, once signed in: until then the page shows the sign-in form in its own place."""
    who = get_person()
    if who is None:
        with placeholders.render_no_rights(_("Sign in to see this page.")):
            render_sign_in_form()
        st.stop()
    if reviewer and not is_reviewer():
        messages.render_pending()  # Such as that a change was not made any more.
        with placeholders.render_no_rights(
            _("This page is for reviewers. Ask an operator if you should be one.")
        ):
            st.page_link("pages/my_issues.py", label=_("Show my issues"), icon=":material/inbox:")
        st.stop()
    return who


def stop_if_ended(title: str) -> None:
    """Show the sign-in form in place of a page if the sign-in of this browser tab has ended.

    What its person has written and was shown here, such as a receipt, is not for whoever comes
    next; what was written is there again once the same person has signed in.
    """
    if not current_user.has_sign_in_ended():
        return
    st.title(title, anchor=False)
    with placeholders.render_no_rights(_("Your sign-in has ended. Sign in again.")):
        render_sign_in_form()
        st.button(
            _("Go on without signing in"), type="tertiary", on_click=sign_in_session.go_on_without
        )
    draft_autosave.leave_form()
    st.stop()


def require_still(*, reviewer: bool = False) -> Person:
    """For a part that runs without its page: draw the whole page if that must not be seen now."""
    who = get_person()
    if who is None or (reviewer and not is_reviewer()):
        st.rerun()
    return who


def render_sign_in_form() -> None:
    """What signs in, and leads back to the page that is open, or was before the sign-in page."""
    sign_in_form.render(
        ReturnTarget(
            signing_in=True,
            page=str(st.session_state.get(LAST_PAGE_KEY, "")),
            query=urlencode(st.query_params.to_dict()),
        )
    )
