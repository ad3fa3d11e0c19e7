"""The Streamlit script: who is here, and the pages that this person may see."""

from pathlib import Path
from typing import Literal

import streamlit as st

from api.settings import get_settings
from components import identity, labels, session

Visibility = Literal["visible", "hidden"]

who = session.person()
for_members: Visibility = "visible" if who else "hidden"
for_reviewers: Visibility = "visible" if session.is_reviewer() else "hidden"

report = st.Page("pages/report.py", title="Report", icon=":material/edit_note:", default=True)
track = st.Page("pages/track.py", title="Track", icon=":material/receipt_long:")
my_issues = st.Page(
    "pages/my_issues.py", title="My issues", icon=":material/inbox:", visibility=for_members
)
review = st.Page(
    "pages/review.py", title="Review", icon=":material/rate_review:", visibility=for_reviewers
)
insights = st.Page(
    "pages/insights.py", title="Insights", icon=":material/monitoring:", visibility=for_reviewers
)
sign_in = st.Page(
    "pages/sign_in.py",
    title=labels.on_a_label(who.name) if who else "Sign in",
    icon=":material/account_circle:" if who else ":material/login:",
)

# Before the navigation: without an icon of its own, Streamlit asks a third party for the page's.
st.set_page_config(page_title="Issue Portal", page_icon="assets/icon.svg")
page = st.navigation([report, track, my_issues, review, insights, sign_in], position="top")
wide = session.is_reviewer() and page in (review, insights)
st.set_page_config(page_title=f"{page.title} · Issue Portal", layout="wide" if wide else "centered")
st.logo("assets/logo.svg", size="large")
st.html(Path("assets/portal.css"))
identity.keep_cookie()
if page != sign_in:
    session.remember_page(f"pages/{page.url_path or 'report'}.py")
if get_settings().demo:
    st.caption(":material/science: Demonstration: the issues here are samples.")
page.run()
