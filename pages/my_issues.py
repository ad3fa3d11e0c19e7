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
from components.ui import labels, messages, placeholders, plain_text
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
    issue_list.handle_key_presses()
    undo.render_bar()
    messages.render_pending()
    try:
        if opened := issue_list.get_open_issue_id():
            show_opened(who, opened)
            return
        given = filters.render_my_issues_filters()
        page = filters.get_page_number()
        found = placeholders.load_with_placeholder(
            lambda: my_issues_query.fetch_my_issues(given, page)
        )
        auto_refresh.rerun_on_change(lambda: my_issues_query.fetch_my_issues(given, page), found)
        address = my_issues_query.get_matching_email()
    except IssuesError as error:
        placeholders.render_failed(error, doing=_("We could not load your issues."))
    show_list(found, page, filtered=bool(given))
    if address:
        st.caption(
            _("These are the reports under your address, {address}.").format(
                address=plain_text.format_code(address)
            )
        )


def show_list(found: IssuePage, page: int, *, filtered: bool) -> None:
    """One's own issues, or why there is none."""
    issues = [issue for issue in found.data if not undo.is_being_deleted(issue)]
    if issues:
        issue_list.render(
            issues,
            key="my_issues",
            label=_("My issues"),
            about=lambda issue: f"#{issue.issue_number} · {labels.format_type(issue.type)}",
            page=str(page),
        )
        filters.render_pagination(found.total_count)
    elif filtered or page > 1:
        filters.render_no_match()
    else:
        with placeholders.render_empty(_("You have not reported anything by name yet.")):
            label = _("Report a problem")
            st.page_link("pages/report.py", label=label, icon=":material/edit_note:")


def back_to_list(words: str) -> None:
    """A button that closes what is open."""
    st.button(words, icon=":material/arrow_back:", on_click=issue_list.open_issue, args=(None,))


def show_opened(who: Person, issue_id: str) -> None:
    """The opened issue, with what its reporter can still do."""
    client = api_session.client()
    try:
        issue = placeholders.load_with_placeholder(lambda: client.get(issue_id))
    except NotFoundError:
        issue = None
    if issue is None or undo.is_being_deleted(issue) or not my_issues_query.is_mine(issue):
        with placeholders.render_empty(_("This issue is not here any more."), icon="search_off"):
            back_to_list(_("Show my issues"))
        return
    auto_refresh.rerun_on_change(lambda: client.get(issue_id), issue)
    edit_conflict.render(issue_actions.apply_anyway, only=issue_id)
    with st.container(border=True):
        issue_detail.render_heading(issue)
        st.caption(labels.explain_state(issue.state))
        issue_detail.render_text(issue.description)
        issue_detail.render_references(issue)
        issue_detail.render_history(issue, api_session.history(issue))
        if issue.state == IssueState.NOT_REVIEWED or edit_form.is_open(issue):
            corrected = edit_form.render(who, issue)
            if corrected is not None:
                seen, kind, description = corrected
                issue_actions.save_correction(seen, type=kind, description=description)
                st.rerun()
        with st.container(horizontal=True):
            back_to_list(_("Back to the list"))
            if issue.state == IssueState.NOT_REVIEWED:
                issue_actions.render_withdraw_button(issue)


list_or_issue()
