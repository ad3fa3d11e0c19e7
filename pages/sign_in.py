"""Sign in, and back to where one came from; once signed in: who one is, password, and sign out."""

import streamlit as st

from auth import current_user
from components import api_session, server_capabilities
from components.issues import issue_detail, undo
from components.report import draft_autosave, submitted_report
from components.ui import labels, messages
from components.ui.i18n import _

who = api_session.person()
if who is None:
    st.title(_("Sign in"), anchor=False)
    if signed_out := current_user.just_signed_out():
        st.success(_("You are signed out."), icon=":material/logout:")
    if current_user.copies_may_hold():
        st.warning(
            _(
                "This could not be written down, as the server's disk takes nothing. If somebody"
                " else may have your sign-in, change your password, and tell an operator."
            ),
            icon=":material/warning:",
        )
    if current_user.change_is_lost():
        st.warning(
            _("What you did last could not be saved. Sign in again to see what is there."),
            icon=":material/warning:",
        )
    if server_capabilities.gives_receipts():
        st.caption(_("Without signing in you can report anonymously and follow it with a receipt."))
    else:
        st.caption(_("Without signing in you can report anonymously."))
    api_session.signing_in()
    api_session.sign_in_form()
    if signed_out:
        draft_autosave.forget_all(signed_out)
        submitted_report.forget()
    else:
        draft_autosave.put_away(api_session.asked_by_name())
elif target := api_session.page_to_return_to():
    st.switch_page(target)
else:
    messages.say_pending()
    st.title(_("Your account"), anchor=False)
    issue_detail.text(f"{who.name}\n{who.email}\n{labels.role(who.role)}")
    # What the person has done, and could still undo, is done in their name.
    current_user.sign_out_button(before=undo.finish)
    current_user.change_password_form(before=undo.finish)
