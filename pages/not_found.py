"""Page not found: the portal shows this page at every unknown address."""

import streamlit as st

from components.ui import placeholders
from components.ui.i18n import _

st.title(_("Page not found"), anchor=False)
with placeholders.render_empty(_("There's no page at this address."), icon="search_off"):
    st.page_link("pages/report.py", label=_("Report a problem"), icon=":material/edit_note:")
