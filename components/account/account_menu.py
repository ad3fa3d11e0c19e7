"""The menu at the right of the header: account, language, theme, version, sign-out."""

import html

import streamlit as st

from components.account import sign_out_button, theme_choice
from components.ui import i18n, labels, user_names
from components.ui.i18n import _
from issue_portal import __version__
from issue_portal.core.portal_token import Person
from issue_portal.core.settings import get_settings


def render(person: Person | None) -> None:
    """Render the menu of a user; for a visitor, a link to sign in and a menu without an account."""
    # frame.css moves this container into the header.
    with st.container(key="header_end", horizontal=True, vertical_alignment="center"):
        if get_settings().demo:
            st.badge(_("Demo"), color="gray", help=_("This portal has sample data."))
        if person is None:
            st.page_link("pages/sign_in.py", label=_("Sign in"))
            menu = st.popover(
                _("Settings"), type="tertiary", icon=":material/settings:", key="account_menu"
            )
        else:
            name = user_names.format_account_label(person.name)
            icon = ":material/account_circle:"
            menu = st.popover(name, type="tertiary", icon=icon, key="account_menu")
        with menu:
            _render_entries(person)


def _render_entries(person: Person | None) -> None:
    if person:
        render_person(person)
        st.page_link("pages/account.py", label=_("Your account"))
    st.caption(_("Language"))
    i18n.render_language_switch()
    st.caption(_("Theme"))
    theme_choice.render()
    if person:
        sign_out_button.render(key="sign_out")
    st.caption(f"Issue Portal {__version__}")


def render_person(person: Person) -> None:
    """Render name, address and role of a user."""
    details = f"{person.email} · {labels.format_role(person.role)}"
    st.html(
        f'<div class="person"><b><bdi>{html.escape(person.name)}</bdi></b><br>'
        f"<span>{html.escape(details)}</span></div>"
    )
