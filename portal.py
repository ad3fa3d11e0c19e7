"""The Streamlit script: page config, who is here, and the pages that this person may see."""

from pathlib import Path
from typing import Literal

import streamlit as st

from api.settings import get_settings
from components import session

st.set_page_config(page_title="Issue Portal", page_icon="assets/icon.svg", layout="centered")
st.logo("assets/logo.svg", size="large")
st.html(Path("assets/portal.css"))

who = session.person()
Visibility = Literal["visible", "hidden"]
member_only: Visibility = "visible" if who else "hidden"
reviewer_only: Visibility = "visible" if session.is_reviewer() else "hidden"
pages = {
    "pages/report.py": st.Page(
        "pages/report.py", title="Report", icon=":material/edit_note:", default=True
    ),
    "pages/track.py": st.Page("pages/track.py", title="Track", icon=":material/receipt_long:"),
    "pages/my_issues.py": st.Page(
        "pages/my_issues.py", title="My issues", icon=":material/inbox:", visibility=member_only
    ),
    "pages/review.py": st.Page(
        "pages/review.py", title="Review", icon=":material/rate_review:", visibility=reviewer_only
    ),
    "pages/insights.py": st.Page(
        "pages/insights.py",
        title="Insights",
        icon=":material/monitoring:",
        visibility=reviewer_only,
    ),
    "pages/sign_in.py": st.Page(
        "pages/sign_in.py",
        title=who.name if who else "Sign in",
        icon=":material/account_circle:" if who else ":material/login:",
    ),
}
page = st.navigation(list(pages.values()), position="top")
for path, known in pages.items():
    if known == page and path != "pages/sign_in.py":
        session.remember_page(path)
if get_settings().demo:
    st.caption(":material/science: Demonstration: the issues here are samples.")
page.run()
