"""Sign in, and back to where one came from; once signed in: who one is, password, and sign out."""

import streamlit as st

from components import (
    abilities,
    draft,
    held,
    identity,
    issue_view,
    labels,
    notices,
    sent_report,
    session,
)
from components.language import _

who = session.person()
if who is None:
    st.title(_("Sign in"), anchor=False)
    if signed_out := identity.just_signed_out():
        st.success(_("You are signed out."), icon=":material/logout:")
    if identity.copies_may_hold():
        st.warning(
            _(
                "This could not be written down, as the server's disk takes nothing. If somebody"
                " else may have your sign-in, change your password, and tell an operator."
            ),
            icon=":material/warning:",
        )
    if identity.change_is_lost():
        st.warning(
            _("What you did last could not be saved. Sign in again to see what is there."),
            icon=":material/warning:",
        )
    if abilities.gives_receipts():
        st.caption(_("Without signing in you can report anonymously and follow it with a receipt."))
    else:
        st.caption(_("Without signing in you can report anonymously."))
    session.signing_in()
    session.sign_in_form()
    if signed_out:
        draft.forget_all(signed_out)
        sent_report.forget()
    else:
        draft.put_away(session.asked_by_name())
elif target := session.page_to_return_to():
    st.switch_page(target)
else:
    notices.say_pending()
    st.title(_("Your account"), anchor=False)
    issue_view.text(f"{who.name}\n{who.email}\n{labels.role(who.role)}")
    # What the person has done, and could still undo, is done in their name.
    identity.sign_out_button(before=held.finish)
    identity.change_password_form(before=held.finish)
