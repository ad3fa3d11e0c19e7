"""Sign in: the sign-in form, also after a sign-out. A signed-in user goes on to another page."""

import streamlit as st

from auth import current_user
from components import server_capabilities
from components.account import require_sign_in, return_after_sign_in, sign_in_notices
from components.issues import undo_notice
from components.report import draft_autosave, report_state, submitted_report
from components.ui.i18n import _


def render_sign_in() -> None:
    """Render the sign-in form; after a sign-out, remove the user's drafts and receipt."""
    st.title(_("Sign in"), anchor=False)
    sign_out_id = sign_in_notices.get_sign_out_id()
    if sign_out_id:
        # The message appears once the browser has removed the drafts: see loading.css.
        submitted_report.forget()
        undo_notice.forget()
        draft_autosave.forget_all_drafts(sign_out_id)
        st.success(_("You're signed out."), icon=":material/logout:")
    render_sign_out_warnings()
    if server_capabilities.gives_receipts():
        st.caption(
            _(
                "Without signing in, you can report anonymously and track your report with a"
                " receipt."
            )
        )
    else:
        st.caption(_("Without signing in, you can report anonymously."))
    return_after_sign_in.note_signing_in()
    require_sign_in.render_sign_in_form()
    if not sign_out_id:
        # The draft stores the id, so that the form becomes a report by name after the sign-in.
        draft_autosave.stop_autosave(report_state.get_sign_in_click_id())


def render_sign_out_warnings() -> None:
    """Show the warnings about the last sign-out, if any."""
    if sign_in_notices.is_revocation_unsaved():
        st.warning(
            _(
                "We couldn't save your sign-out, because the server can't write to its disk."
                " If someone else may have access to your account, change your password and"
                " contact your administrator."
            ),
            icon=":material/warning:",
        )


if current_user.get_person() is None:
    render_sign_in()
else:
    st.switch_page(return_after_sign_in.find_return_page() or "pages/account.py")
