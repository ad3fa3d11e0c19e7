"""The Streamlit script: who is here, and the pages that this person may see."""

from typing import Literal

import streamlit as st

from auth import current_user, session_owners
from components import server_capabilities
from components.account import (
    require_sign_in,
    return_after_sign_in,
    return_cookie,
    sign_in_cookie_writer,
)
from components.report import embed, report_sending
from components.ui import (
    connection_notice,
    i18n,
    mobile_menu,
    query_params,
    rerun_throttle,
    user_names,
)
from components.ui.i18n import _
from issue_portal.core.settings import get_settings

Visibility = Literal["visible", "hidden"]

rerun_throttle.throttle_reruns()
who = current_user.get_person()
session_owners.remember_session_owner(current_user.get_session_owner())
for_members: Visibility = "visible" if who else "hidden"
for_trackers: Visibility = "visible" if server_capabilities.gives_receipts() else "hidden"
for_reviewers: Visibility = "visible" if current_user.is_reviewer() else "hidden"

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
    title=user_names.format_account_label(who.name) if who else _("Sign in"),
    icon=":material/account_circle:" if who else ":material/login:",
)

# Before the navigation: without an icon of its own, Streamlit asks a third party for the page's.
st.set_page_config(page_title="Issue Portal", page_icon="web/static/icon.svg")
pages = [report, track, my_issues, review, insights, help_page, sign_in]
# Streamlit (1.67) would show the first page then, and a dialog in English.
unknown = embed.get_page_name()
not_found = None
if unknown not in ["report", *[known.url_path for known in pages]]:
    not_found = st.Page(
        "pages/not_found.py", title=_("Page not found"), url_path=unknown, visibility="hidden"
    )
page = st.navigation(
    [*pages, not_found] if not_found else pages,
    position="hidden" if embed.is_embedded() else "top",
)
wide = current_user.is_reviewer() and page in (review, insights)
st.set_page_config(page_title=f"{page.title} · Issue Portal", layout="wide" if wide else "centered")
if not embed.is_embedded():
    st.logo("web/static/logo.svg", size="large")
return_after_sign_in.return_to_page()
return_cookie.clear()
sign_in_cookie_writer.render()
connection_notice.mount_script()
mobile_menu.mount_script()
if page not in (sign_in, not_found):
    return_after_sign_in.remember_page(f"pages/{page.url_path or 'report'}.py")
query_params.write_url()
if get_settings().demo:
    demonstration = _("Demonstration: the issues here are samples.")
    st.caption(f":material/science: {demonstration}")
# Below the page, but made before it: a page may stop the run.
body, foot = st.container(), st.container()
if not embed.is_embedded():
    with foot:
        i18n.render_language_switch()
with body:
    if page != sign_in:
        require_sign_in.stop_if_sign_in_ended(page.title)
    sending = report_sending.get_sending()
    sending.wait()
    if sending.untold and page != report:
        # Who went on meanwhile has still to see that it has arrived, and the receipt.
        sending.untold = False
        st.switch_page(report)
    page.run()
