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
    _(
        "A report starts as **New**, is **In review** while a reviewer works on it,"
        " and ends as **Closed**."
    ),
    _("You can edit or withdraw a report sent with your name until its review starts."),
    _(
        "Withdrawn and deleted reports disappear from My reports and Track. Reviewers"
        " can still read them."
    ),
    _("You can't change an anonymous report after you send it."),
)
render_points(
    _("What anonymous means"),
    _(
        "An anonymous report is stored without your name, account or address, even if"
        " you're signed in. No one can look up who sent it, not even an administrator."
    ),
    _(
        "Your own words can give you away, and so can the IDs you send. Leave out"
        " anything only you could know."
    ),
    _(
        "A link to the form can include IDs that tell its author who followed it. The"
        " form shows them, so you can clear them before you send."
    ),
    *(
        [
            _(
                "Another server stores the reports. The portal doesn't tell it who you are;"
                " its administrators decide what else it stores."
            )
        ]
        if api_session.is_remote()
        else []
    ),
    _("Anyone monitoring the network can see that you used this portal, and when."),
)
render_points(
    _("How to track a report"),
    _(
        "**Anonymous:** enter your receipt on Track. Without the receipt, no one can"
        " find the report for you."
    )
    if gives_receipts
    else _("**Anonymous:** you can't track it, because this server gives no receipts."),
    _("**With your name:** sign in and open My reports, which updates automatically."),
)
with st.expander(_("Link to the form or embed it"), icon=":material/link:"):
    link_builder.render()
