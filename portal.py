"""The Streamlit script: builds the menu for the current user, and runs the open page."""

from dataclasses import dataclass

import streamlit as st

from auth import current_user, session_owners
from components import server_capabilities
from components.account import (
    account_menu,
    api_tokens,
    require_sign_in,
    return_after_sign_in,
    return_cookie,
    sign_in_cookie_writer,
)
from components.issues import review_badge
from components.report import embed, report_sending
from components.ui import connection_notice, footer, i18n, mobile_menu, query_params, rerun_throttle
from components.ui.i18n import _
from issue_portal.models.permissions import Action


@dataclass(frozen=True)
class MenuEntry:
    """A page of the portal. A hidden page is not in the menu, but its address opens it."""

    name: str
    """Name of the file in ``pages/``, and last part of the address."""

    title: str
    is_visible: bool = True
    is_wide: bool = False


def list_menu_entries() -> list[MenuEntry]:
    """Return the menu of the current user. Each page itself checks whether the user may see it."""
    may_review = current_user.may(Action.READ_ALL)
    may_see_statistics = current_user.may(Action.READ_STATS)
    may_list_own = current_user.may(Action.READ_OWN)
    has_receipts = server_capabilities.gives_receipts() is not False
    return [
        MenuEntry("report", _("Report")),
        MenuEntry("track", _("Track"), is_visible=has_receipts),
        MenuEntry("my_issues", _("My reports"), is_visible=may_list_own),
        MenuEntry("review", _("Review"), is_visible=may_review, is_wide=may_review),
        MenuEntry(
            "insights",
            _("Insights"),
            is_visible=may_see_statistics,
            is_wide=may_see_statistics,
        ),
        MenuEntry("help", _("Help")),
        MenuEntry("account", _("Your account"), is_visible=False),
        MenuEntry("sign_in", _("Sign in"), is_visible=False),
    ]


rerun_throttle.throttle_reruns()
session_owners.remember_session_owner(current_user.get_session_owner())
person = current_user.get_person()
menu = list_menu_entries()
pages = {
    entry.name: st.Page(
        f"pages/{entry.name}.py",
        title=entry.title,
        default=entry.name == "report",
        visibility="visible" if entry.is_visible else "hidden",
    )
    for entry in menu
}

# For an unknown address, Streamlit (1.67) would show the first page and a dialog in English.
not_found = None
page_name = embed.get_page_name()
if page_name and page_name not in pages:
    not_found = st.Page(
        "pages/not_found.py", title=_("Page not found"), url_path=page_name, visibility="hidden"
    )
page = st.navigation(
    [*pages.values(), not_found] if not_found else [*pages.values()],
    position="hidden" if embed.is_embedded() else "top",
)
is_wide = page in [pages[entry.name] for entry in menu if entry.is_wide]
st.set_page_config(
    page_title=f"{page.title} · Issue Portal",
    layout="wide" if is_wide else "centered",
)

return_after_sign_in.return_to_page()
return_cookie.clear()
sign_in_cookie_writer.render()
connection_notice.mount_script()
mobile_menu.mount_script()
i18n.store_language()
if page not in (pages["sign_in"], not_found):
    return_after_sign_in.remember_page(f"pages/{page.url_path or 'report'}.py")
query_params.write_url()
if page != pages["account"]:
    api_tokens.forget_created()

if not embed.is_embedded():
    st.logo("web/static/logo.svg", size="large")
    account_menu.render(person)
review_badge.start_counting()
body, end = st.container(), st.container()
try:
    with body:
        if page != pages["sign_in"]:
            require_sign_in.stop_if_sign_in_ended(page.title)
        sending = report_sending.get_sending()
        sending.wait()
        if sending.has_new_outcome and page != pages["report"]:
            # The person left the form while the report was being sent: show outcome and receipt.
            sending.has_new_outcome = False
            st.switch_page(pages["report"])
        page.run()
finally:
    # Render the footer even if the page stops the run. Render it after the page: a footer that is
    # already visible would move down while the page appears above it.
    if not embed.is_embedded():
        with end:
            review_badge.render()
            footer.render()
