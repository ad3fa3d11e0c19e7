"""Sign in: the sign-in form; for a signed-in user, account, password, API tokens and sign-out."""

import streamlit as st

from auth import current_user
from components import server_capabilities
from components.account import (
    api_tokens,
    change_password_form,
    require_sign_in,
    return_after_sign_in,
    sign_in_notices,
    sign_out_button,
)
from components.issues import issue_detail, undo_notice
from components.report import draft_autosave, report_state, submitted_report
from components.ui import labels, messages
from components.ui.i18n import _
from issue_portal.core.portal_token import Person


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
        st.caption(_("Without signing in, you can report anonymously and track it with a receipt."))
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
                " If someone else may have your sign-in, change your password and contact your"
                " administrator."
            ),
            icon=":material/warning:",
        )


def render_account(person: Person) -> None:
    """Render the account, the sign-out button, the form to change the password, and API tokens."""
    messages.render_pending()
    st.title(_("Your account"), anchor=False)
    issue_detail.render_text(f"{person.name}\n{person.email}\n{labels.format_role(person.role)}")
    sign_out_button.render()
    change_password_form.render()
    api_tokens.render(person)


person = current_user.get_person()
if person is None:
    render_sign_in()
elif target := return_after_sign_in.find_return_page():
    st.switch_page(target)
else:
    render_account(person)
