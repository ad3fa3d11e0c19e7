"""My reports: the reports that the person sent by name, to track, edit or withdraw."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.account import require_sign_in
from components.issues import (
    auto_refresh,
    delete_dialog,
    edit_conflict,
    filters,
    issue_actions,
    issue_detail,
    issue_history,
    issue_list,
    my_issues_query,
    open_issue,
    pagination,
    queue_columns,
    undo_notice,
)
from components.issues.criteria import has_filters
from components.issues.open_issue import Loading, OpenIssue
from components.report import edit_form, report_view
from components.ui import messages, placeholders, plain_text
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.core.portal_token import Person
from issue_portal.models.permissions import Action
from issue_portal.models.responses import Issue, IssuePage
from issue_portal.models.vocabulary import IssueState

st.title(_("My reports"), anchor=False)
require_sign_in.require(Action.READ_OWN)


@st.fragment
def render_list_or_issue() -> None:
    """Render everything below the title; actions rerun only this fragment."""
    checks = auto_refresh.make_place()
    person = require_sign_in.require_in_fragment(Action.READ_OWN)
    issue_list.handle_commands()
    undo_notice.render()
    messages.render_pending()
    delete_dialog.render(issue_actions.delete_now)
    try:
        if loading := open_issue.start_loading():
            render_issue(person, loading, checks)
            return
        criteria, number = filters.render_my_issues_filters(), pagination.get_page_number()
        page = placeholders.load_with_placeholder(
            lambda: my_issues_query.fetch_my_issues(criteria, number)
        )
        auto_refresh.rerun_on_change(
            checks, lambda: my_issues_query.fetch_my_issues(criteria, number), page
        )
        email = my_issues_query.get_email_that_selects_issues()
    except IssuesError as error:
        placeholders.render_failed_and_stop(error, failed=_("We couldn't load your reports."))
    render_list(page, number, filtered=has_filters(criteria))
    if email:
        st.caption(
            _("Showing reports sent as {address}.").format(address=plain_text.format_code(email))
        )


def render_list(page: IssuePage, number: int, *, filtered: bool) -> None:
    """Render a page of the person's reports, or a placeholder if it is empty."""
    if page.data:
        issue_list.render(
            page.data,
            key="my_issues",
            label=_("My reports"),
            format_details=queue_columns.format_type,
            page=str(number),
        )
        pagination.render_pagination(page.total_count)
    elif filtered or number > 1:
        filters.render_no_match(_("No matching reports"))
    else:
        text = _("You haven't sent any reports with your name yet.")
        with placeholders.render_empty(text, name="no_reports"):
            label = _("Report a problem")
            st.page_link("pages/report.py", label=label, icon=":material/edit_note:")


def render_issue(person: Person, loading: Loading, checks: DeltaGenerator) -> None:
    """Render the open report. Until its review starts, the person can edit or withdraw it."""
    opened = placeholders.load_with_placeholder(loading.finish)
    issue = opened.issue
    if issue is None or not my_issues_query.is_own_issue(issue):
        with placeholders.render_empty(_("This report isn't available."), icon="search_off"):
            render_back_button(_("Show my reports"))
        return
    history = issue_history.start(issue)
    render_back_button(_("Back to list"))
    # content.css hides the list while this container is there.
    with st.container(key="opened_report"):
        edit_conflict.render(issue_actions.apply_anyway, issue_id=issue.id)
        report_view.render_heading(issue)
        edit_form.remove_ended_draft()
        if edit_form.is_open(issue):
            edit = edit_form.render(person, issue)
            if edit:
                issue_actions.save_own_edit(edit.seen, edit.change)
                st.rerun()
        else:
            render_text_and_actions(issue)
        issue_detail.render_references(issue)
        issue_detail.render_activity(issue, history)
    auto_refresh.rerun_on_change(checks, reload_open_issue, open_issue.describe_known(issue.id))


def render_text_and_actions(issue: Issue) -> None:
    """Render the text, and the buttons to edit or withdraw it until the review starts."""
    issue_detail.render_text(issue.description)
    if issue.state != IssueState.NOT_REVIEWED:
        return
    with st.container(horizontal=True):
        st.button(
            _("Edit"),
            icon=":material/edit:",
            key="edit",
            on_click=edit_form.open_form,
            args=(issue,),
        )
        issue_actions.render_withdraw_button(issue)


def reload_open_issue() -> OpenIssue | None:
    """Return the open report as the server has it now."""
    loading = open_issue.start_loading()
    return loading.finish() if loading else None


def render_back_button(label: str) -> None:
    """Render a button that closes the open issue."""
    st.button(
        label,
        icon=":material/arrow_back:",
        type="tertiary",
        key="back_to_my_reports",
        on_click=issue_list.open_issue,
        args=(None,),
    )


render_list_or_issue()
