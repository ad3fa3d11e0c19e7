"""Review: the queue of all issues, and the open issue beside it."""

import streamlit as st

from components import api_session, server_capabilities
from components.account import require_sign_in
from components.issues import (
    auto_refresh,
    bulk_dialog,
    edit_conflict,
    export_links,
    filters,
    issue_actions,
    issue_detail,
    issue_list,
    keyboard_shortcuts,
    pagination,
    queue_columns,
    review_queue,
    similar_issues,
    undo,
)
from components.issues.criteria import has_filters
from components.issues.review_queue import QueuePage
from components.ui import labels, messages, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.models.permissions import Action
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue

st.title(_("Review"), anchor=False)
require_sign_in.require(Action.READ_ALL)


@st.fragment
def render_queue_and_issue() -> None:
    """Render everything below the title; actions rerun only this fragment."""
    require_sign_in.require_in_fragment(Action.READ_ALL)
    issue_list.handle_commands()
    undo.render_bar()
    messages.render_pending()
    bulk_dialog.render()
    try:
        criteria = render_filters()
        open_id = issue_list.get_open_issue_id()
        issue = fetch_open_issue(open_id)
        if issue:
            issue = review_queue.mark_read(issue)
        queue = placeholders.load_with_placeholder(
            lambda: review_queue.fetch_queue_page(criteria, pagination.get_page_number())
        )
    except IssuesError as error:
        placeholders.render_failed_and_stop(error, failed=_("We couldn't load the queue."))
    client = api_session.client()
    # If the open issue is on this page of the list, its row shows every change of it.
    unlisted_id = None if open_id in {row.id for row in queue.page.data} else open_id
    auto_refresh.rerun_on_change(
        lambda: (
            client.list(queue.query).data,
            fetch_open_issue(unlisted_id),
            review_queue.count_newer(criteria),
        ),
        (queue.page.data, issue if unlisted_id else None, queue.newer_count),
    )
    left, right = st.columns([5, 7], gap="medium")
    with left, st.container(key="list"):
        render_list(queue, issue, filtered=has_filters(criteria))
    with right:
        edit_conflict.render(issue_actions.apply_anyway)
        render_issue_pane(open_id, issue, queue)


def render_filters() -> IssueQuery:
    """Render the filters, unless the server has none; return the criteria."""
    with st.container(key="filters"):
        if server_capabilities.can_filter():
            return filters.render_queue_filters()
    return IssueQuery()


def fetch_open_issue(issue_id: str | None) -> Issue | None:
    """Return the open issue; None if no issue is open or the issue does not exist."""
    try:
        return api_session.client().get(issue_id) if issue_id else None
    except NotFoundError:
        return None


def render_list(queue: QueuePage, open_issue: Issue | None, *, filtered: bool) -> None:
    """Render a page of the queue, or a placeholder if it is empty."""
    render_counts(queue)
    issues = [undo.preview(issue) for issue in queue.page.data if not undo.is_being_deleted(issue)]
    shown = [*issues, undo.preview(open_issue)] if open_issue else issues
    # Render the list even if it is empty, so that the keyboard shortcuts stay active. The end date
    # is part of ``page``: when newer issues are shown, the list scrolls to the top.
    issue_list.render(
        issues,
        key="queue",
        label=_("Review queue"),
        unread=True,
        format_details=queue_columns.format_columns,
        page=f"{queue.query.page} {queue.query.end_date}",
        bulk_menu=bulk_dialog.build_bulk_menu(queue.query, issues, queue.page.total_count),
        shortcuts=keyboard_shortcuts.build_shortcuts(queue, shown),
    )
    if issues:
        pagination.render_pagination(queue.page.total_count)
    elif filtered or pagination.get_page_number() > 1:
        filters.render_no_match(_("No matching issues"))
    else:
        placeholders.render_empty(_("No issues yet"))
    with st.container(horizontal=True):
        if issues:
            export_links.render_links(queue.query)
        keyboard_shortcuts.render_help_button()


def render_counts(queue: QueuePage) -> None:
    """Render the number of issues by state, and a button that lists newer issues."""
    with st.container(key="counts", horizontal=True, vertical_alignment="center"):
        st.markdown(labels.format_state_counts(queue.by_state), width="content")
        if queue.newer_count:
            st.button(
                labels.format_show_newer_label(queue.newer_count),
                icon=":material/arrow_upward:",
                key="show_newer",
                on_click=review_queue.show_newer,
            )


def render_issue_pane(issue_id: str | None, issue: Issue | None, queue: QueuePage) -> None:
    """Render the open issue, or a hint to open one."""
    # Separate slots, so that no part of the hint stays on screen while the issue is drawn.
    hint_slot, issue_slot = st.empty(), st.empty()
    if issue_id:
        with issue_slot.container(key="opened"):
            render_open_issue(issue_id, issue, queue)
    elif queue.page.data:
        with hint_slot.container():
            text = _("Select an issue")
            placeholders.render_empty(text, icon="mark_email_read", name="none_opened")


def render_open_issue(issue_id: str, issue: Issue | None, queue: QueuePage) -> None:
    """Render the open issue.

    ``issue`` is None if the issue was deleted or does not exist. Then render it from the list, or a
    placeholder if the list lacks it.
    """
    listed = next((row for row in queue.page.data if row.id == issue_id), None)
    if issue:
        render_issue(issue, queue)
    elif listed:
        render_deleted_issue(listed)
    else:
        render_back_button()
        placeholders.render_empty(
            _("This issue was deleted or doesn't exist."), icon="search_off", name="gone"
        )


def render_issue(saved: Issue, queue: QueuePage) -> None:
    """Render an issue with all actions of a reviewer."""
    issue = undo.preview(saved)
    with st.container(border=True):
        render_navigation(issue, queue)
        issue_detail.render_issue_heading(issue)
        issue_detail.render_reporter(issue)
        with st.container(horizontal=True, key="actions"):
            issue_actions.render_state_buttons(issue)
            issue_actions.render_unread_button(issue)
            issue_actions.render_delete_button(issue)
        issue_detail.render_text(issue.description)
        issue_detail.render_references(issue)
        issue_detail.render_thread_link(issue)
        issue_actions.render_type_choice(issue)
        issue_detail.render_timeline(api_session.history(issue))
        similar_issues.render(issue)


def render_deleted_issue(issue: Issue) -> None:
    """Render a deleted issue, without actions."""
    with st.container(border=True):
        render_back_button()
        issue_detail.render_issue_heading(issue)
        issue_detail.render_reporter(issue)
        issue_detail.render_text(issue.description)


def render_navigation(issue: Issue, queue: QueuePage) -> None:
    """Render the buttons back to the list, and to the previous and next issue."""
    with st.container(horizontal=True):
        render_back_button()
        for label, icon, key, step in (
            (_("Previous"), ":material/chevron_left:", "previous", -1),
            (_("Next"), ":material/chevron_right:", "next", 1),
        ):
            st.button(
                label,
                icon=icon,
                type="tertiary",
                key=key,
                disabled=not review_queue.has_neighbour(queue, issue.id, step),
                on_click=review_queue.on_open_neighbour,
                args=(queue, issue.id, step),
            )


def render_back_button() -> None:
    """Render the button back to the list, which the open issue covers on a phone."""
    st.button(
        _("Back to list"),
        icon=":material/arrow_back:",
        type="tertiary",
        key="back_to_list",
        on_click=issue_list.open_issue,
        args=(None,),
    )


render_queue_and_issue()
