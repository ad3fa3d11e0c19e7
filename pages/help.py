"""Help: what happens to a report, what anonymous means, how to follow it; links to the form."""

import streamlit as st

from components import api_session, server_capabilities
from components.report import link_builder
from components.ui.i18n import _

st.title(_("Help"), anchor=False)


def render_points(title: str, *texts: str) -> None:
    """Render a heading and a short list."""
    st.header(title, anchor=False)
    st.markdown("\n".join(f"- {text}" for text in texts))


receipts = server_capabilities.gives_receipts()
render_points(
    _("What happens to a report"),
    _("It is **Not reviewed** until a reviewer starts on it, then **In review**, then **Closed**."),
    _("A report sent by name can be corrected or withdrawn until the review starts."),
    _(
        "What is withdrawn or deleted is gone from My issues, Track and the queue. Reviewers can"
        " still read it among the deleted ones."
    ),
    _("An anonymous report cannot be changed once it is sent."),
)
render_points(
    _("What anonymous means"),
    _(
        "Nothing is kept that tells who sent it: no name, no account, no address. Nobody can look"
        " it up, neither a reviewer nor an operator. This holds while you are signed in, too."
    ),
    _(
        "Your own words can give you away, and so can the thread and project, if you send them."
        " Leave out what only you could know."
    ),
    _(
        "A link to the form can bring ids of a conversation or a project. Whoever made the link can"
        " tell by them who followed it, so the form shows them: remove what you do not want to"
        " send."
    ),
    *(
        [
            _(
                "Another server keeps the reports. The portal does not tell it who you are;"
                " what else it keeps is up to those who run it."
            )
        ]
        if api_session.is_remote()
        else []
    ),
    _("Whoever watches the network can see that you used this portal, and when."),
)
render_points(
    _("How to follow a report"),
    _(
        "**Anonymous:** enter its receipt on Track. Without the receipt, nobody can find the"
        " report for you."
    )
    if receipts
    else _("**Anonymous:** it cannot be followed here, since this server gives no receipts."),
    _("**By name:** sign in and open My issues. The page updates by itself."),
)
with st.expander(_("Link to the form, or show it in your own page"), icon=":material/link:"):
    link_builder.render()
