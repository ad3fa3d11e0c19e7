"""My issues: what one reported by name, to follow, and to correct or withdraw until a review."""

import streamlit as st

from components import api_session
from components.account import require_sign_in
from components.issues import (
    auto_refresh,
    edit_conflict,
    filters,
    issue_actions,
    issue_detail,
    issue_list,
    my_issues_query,
    undo,
)
from components.report import edit_form
from components.ui import labels, messages, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.core.portal_token import Person
from issue_portal.models.responses import IssuePage
from issue_portal.models.vocabulary import IssueState

st.title(_("My issues"), anchor=False)
require_sign_in.require()


@st.fragment
def list_or_issue() -> None:
    """Everything below the title: what one does here runs this part only."""
    who = require_sign_in.require_still()
    issue_list.carry_out()
    undo.bar()
    messages.say_pending()
    try:
        if opened := issue_list.opened():
            show_opened(who, opened)
            return
        given = filters.mine()
        page = filters.requested_page()
        found = placeholders.loading(lambda: my_issues_query.load(given, page))
        auto_refresh.watch(lambda: my_issues_query.load(given, page), found)
        address = my_issues_query.address()
    except IssuesError as error:
        placeholders.failed(error, doing=_("We could not load your issues."))
    show_list(found, page, filtered=bool(given))
    if address:
        st.caption(
            _("These are the reports under your address, {address}.").format(
                address=labels.code(address)
            )
        )


def show_list(found: IssuePage, page: int, *, filtered: bool) -> None:
    """One's own issues, or why there is none."""
    issues = [issue for issue in found.data if not undo.is_leaving(issue)]
    if issues:
        issue_list.show(
            issues,
            key="my_issues",
            label=_("My issues"),
            about=lambda issue: f"#{issue.issue_number} · {labels.kind(issue.type)}",
            page=str(page),
        )
        filters.turn_page(found.total_count)
    elif filtered or page > 1:
        filters.nothing_fits()
    else:
        with placeholders.empty(_("You have not reported anything by name yet.")):
            label = _("Report a problem")
            st.page_link("pages/report.py", label=label, icon=":material/edit_note:")


def back_to_list(words: str) -> None:
    """A button that closes what is open."""
    st.button(words, icon=":material/arrow_back:", on_click=issue_list.open_issue, args=(None,))


def show_opened(who: Person, issue_id: str) -> None:
    """The opened issue, with what its reporter can still do."""
    client = api_session.client()
    try:
        issue = placeholders.loading(lambda: client.get(issue_id))
    except NotFoundError:
        issue = None
    if issue is None or undo.is_leaving(issue) or not my_issues_query.is_mine(issue):
        with placeholders.empty(_("This issue is not here any more."), icon="search_off"):
            back_to_list(_("Show my issues"))
        return
    auto_refresh.watch(lambda: client.get(issue_id), issue)
    edit_conflict.show(issue_actions.all_the_same, only=issue_id)
    with st.container(border=True):
        issue_detail.heading(issue)
        st.caption(labels.state_explanation(issue.state))
        issue_detail.text(issue.description)
        issue_detail.facts(issue)
        issue_detail.what_happened(issue, api_session.history(issue))
        if issue.state == IssueState.NOT_REVIEWED or edit_form.is_open(issue):
            corrected = edit_form.form(who, issue)
            if corrected is not None:
                seen, kind, description = corrected
                issue_actions.save(seen, type=kind, description=description)
                st.rerun()
        with st.container(horizontal=True):
            back_to_list(_("Back to the list"))
            if issue.state == IssueState.NOT_REVIEWED:
                issue_actions.withdraw_button(issue)


list_or_issue()
