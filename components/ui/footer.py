"""The footer: what the operator publishes about privacy, and whom to contact."""

import html

import streamlit as st

from components.ui.i18n import _
from issue_portal.core.settings import get_settings


def render() -> None:
    """Render the links that are set: ``ISSUES_PRIVACY_URL`` and ``ISSUES_CONTACT``."""
    settings = get_settings()
    links = []
    if settings.privacy_url:
        links.append((settings.privacy_url, _("Privacy")))
    if settings.contact:
        is_email = "://" not in settings.contact
        links.append((f"mailto:{settings.contact}" if is_email else settings.contact, _("Contact")))
    if links:
        items = "".join(
            f'<a href="{html.escape(url)}" target="_blank" rel="noopener">{label}</a>'
            for url, label in links
        )
        st.html(f'<p class="footer">{items}</p>')
