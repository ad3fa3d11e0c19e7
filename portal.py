"""The Streamlit script: who is here, and the pages that this person may see."""

from typing import Literal

import streamlit as st

from api.settings import get_settings
from components import (
    abilities,
    embedding,
    errands,
    identity,
    labels,
    language,
    menu,
    restarts,
    session,
    session_owners,
    sign_in_cookie,
    unreachable,
    url_state,
)
from components.language import _

Visibility = Literal["visible", "hidden"]

restarts.slow_down()
who = session.person()
session_owners.note(identity.owner())
for_members: Visibility = "visible" if who else "hidden"
for_trackers: Visibility = "visible" if abilities.gives_receipts() else "hidden"
for_reviewers: Visibility = "visible" if session.is_reviewer() else "hidden"

report = st.Page("pages/report.py", title=_("Report"), icon=":material/edit_note:", default=True)
track = st.Page(
    "pages/track.py", title=_("Track"), icon=":material/receipt_long:", visibility=for_trackers
)
my_issues = st.Page(
    "pages/my_issues.py", title=_("My issues"), icon=":material/inbox:", visibility=for_members
)
review = st.Page(
    "pages/review.py", title=_("Review"), icon=":material/rate_review:", visibility=for_reviewers
)
insights = st.Page(
    "pages/insights.py", title=_("Insights"), icon=":material/monitoring:", visibility=for_reviewers
)
help_page = st.Page("pages/help.py", title=_("Help"), icon=":material/help:")
sign_in = st.Page(
    "pages/sign_in.py",
    title=labels.on_a_label(who.name) if who else _("Sign in"),
    icon=":material/account_circle:" if who else ":material/login:",
)

# Before the navigation: without an icon of its own, Streamlit asks a third party for the page's.
st.set_page_config(page_title="Issue Portal", page_icon="assets/icon.svg")
pages = [report, track, my_issues, review, insights, help_page, sign_in]
# Streamlit (1.67) would show the first page then, and a dialog in English.
unknown = embedding.page_name()
not_found = None
if unknown not in ["report", *[known.url_path for known in pages]]:
    not_found = st.Page(
        "pages/not_found.py", title=_("Page not found"), url_path=unknown, visibility="hidden"
    )
page = st.navigation(
    [*pages, not_found] if not_found else pages,
    position="hidden" if embedding.is_on() else "top",
)
wide = session.is_reviewer() and page in (review, insights)
st.set_page_config(page_title=f"{page.title} · Issue Portal", layout="wide" if wide else "centered")
if not embedding.is_on():
    st.logo("assets/logo.svg", size="large")
session.come_back()
errands.forget()
sign_in_cookie.element()
unreachable.element()
menu.element()
if page not in (sign_in, not_found):
    session.remember_page(f"pages/{page.url_path or 'report'}.py")
url_state.settle()
if get_settings().demo:
    demonstration = _("Demonstration: the issues here are samples.")
    st.caption(f":material/science: {demonstration}")
# Below the page, but made before it: a page may stop the run.
body, foot = st.container(), st.container()
if not embedding.is_on():
    with foot:
        language.switch()
with body:
    if page != sign_in:
        session.stop_if_ended(page.title)
    sending = session.sending()
    sending.wait()
    if sending.untold and page != report:
        # Who went on meanwhile has still to see that it has arrived, and the receipt.
        sending.untold = False
        st.switch_page(report)
    page.run()
