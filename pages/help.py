"""Help: what happens to a report, what anonymous means, how to track a report; the link builder."""

import streamlit as st

from components import api_session, server_capabilities
from components.report import link_builder
from components.ui.i18n import _

st.title(_("Help"), anchor=False)


def render_points(title: str, *texts: str) -> None:
    """Render a heading and a short list."""
    st.header(title, anchor=False)
    st.markdown("\n".join(f"- {text}" for text in texts))


gives_receipts = server_capabilities.gives_receipts() is not False
render_points(
    _("What happens to a report"),
    _("It starts as **New**, moves to **In review**, and ends as **Closed**."),
    _("Sent with your name: you can edit or withdraw it until its review starts."),
    _("Sent anonymously: you can't change it."),
    _("Reviewers can still read withdrawn and deleted reports."),
)
render_points(
    _("What anonymous means"),
    _(
        "No one can see who sent the report, not even an administrator. It's stored without your"
        " name, account or address, even if you're signed in."
    ),
    _("Your words and the IDs you send can identify you. Leave out what only you could know."),
    _("A link to the form can attach IDs. Press Remove to send your report without them."),
    *(
        [
            _(
                "Another server stores the reports. The portal doesn't tell it who you are, but its"
                " administrators decide what else it stores."
            )
        ]
        if api_session.is_remote()
        else []
    ),
    _("Anyone monitoring the network can see that you used this portal, and when."),
)
render_points(
    _("How to track a report"),
    _("**Anonymous:** enter your receipt on Track. No one can find the report without it.")
    if gives_receipts
    else _("**Anonymous:** you can't track it, because this server doesn't offer receipts."),
    _("**With your name:** sign in and open My reports."),
)
with st.expander(_("Link to or embed the form"), icon=":material/link:"):
    link_builder.render()
