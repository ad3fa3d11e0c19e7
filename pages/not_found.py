"""Page not found: for an address that no page of the portal has."""

import streamlit as st

from components.ui import placeholders
from components.ui.i18n import _

st.title(_("Page not found"), anchor=False)
with placeholders.render_empty(_("There's no page at this address."), icon="search_off"):
    st.page_link("pages/report.py", label=_("Report a problem"), icon=":material/edit_note:")
