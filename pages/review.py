"""Review: the queue of all issues, and the open issue beside it."""

from collections.abc import Sequence

import streamlit as st

from components import server_capabilities
from components.account import require_sign_in
from components.issues import (
    auto_refresh,
    bulk_dialog,
    delete_dialog,
    edit_conflict,
    export_links,
    filters,
    issue_actions,
    issue_detail,
    issue_history,
    issue_list,
    keyboard_shortcuts,
    known_issues,
    open_issue,
    pagination,
    queue_columns,
    review_queue,
    similar_issues,
    state_counts,
    undo_notice,
)
from components.issues.criteria import has_filters
from components.issues.open_issue import OpenIssue
from components.issues.review_queue import QueuePage
from components.issues.state_counts import Counting
from components.ui import labels, messages, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
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
    undo_notice.render()
    messages.render_pending()
    bulk_dialog.render()
    delete_dialog.render(issue_actions.delete_now)
    try:
        criteria = render_filters()
        loading = open_issue.start_loading()
        queue = placeholders.load_with_placeholder(
            lambda: review_queue.fetch_queue_page(criteria, pagination.get_page_number())
        )
        opened = loading.finish() if loading else None
    except IssuesError as error:
        placeholders.render_failed_and_stop(error, failed=_("We couldn't load the queue."))
    counting = state_counts.start(criteria, queue)
    left, right = st.columns([5, 7], gap="medium")
    with left, st.container(key="list"):
        counts_slot = st.container(key="counts", horizontal=True, vertical_alignment="center")
        render_list(queue, opened, filtered=has_filters(criteria))
    with right:
        edit_conflict.render(issue_actions.apply_anyway)
        render_issue_pane(opened, queue)
    with counts_slot:
        render_counts(queue, counting)
    follow_changes(queue, opened)


def render_filters() -> IssueQuery:
    """Render the filters, unless the server has none; return the criteria."""
    with st.container(key="filters"):
        if server_capabilities.can_filter():
            return filters.render_queue_filters()
    return IssueQuery()


def render_list(queue: QueuePage, opened: OpenIssue | None, *, filtered: bool) -> None:
    """Render a page of the queue, or a placeholder if it is empty."""
    open_row = opened.issue if opened else None
    issues = queue.page.data
    shown = [*issues, open_row] if open_row else issues
    # Render the list even if it is empty, so that the keyboard shortcuts stay active. The end date
    # is part of ``page``: when newer issues are shown, the list scrolls to the top.
    issue_list.render(
        mark_as_read(issues, opened),
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


def mark_as_read(issues: Sequence[Issue], opened: OpenIssue | None) -> list[Issue]:
    """Return the rows of the list, the open issue as read: it is being marked as read."""
    return [
        issue.model_copy(update={"is_read": True}) if opened and issue.id == opened.id else issue
        for issue in issues
    ]


def render_counts(queue: QueuePage, counting: Counting) -> None:
    """Render the number of issues by state, and a button that lists newer issues."""
    try:
        counts = counting.finish()
    except IssuesError:
        # The list is on screen: the next poll tries again.
        counts = state_counts.NOTHING
    st.markdown(labels.format_state_counts(counts.by_state, counts.others), width="content")
    if queue.newer_count:
        st.button(
            labels.format_show_newer_label(queue.newer_count),
            icon=":material/arrow_upward:",
            key="show_newer",
            on_click=review_queue.show_newer,
        )


def render_issue_pane(opened: OpenIssue | None, queue: QueuePage) -> None:
    """Render the open issue, or a hint to open one."""
    # Separate slots, so that no part of the hint stays on screen while the issue is drawn.
    hint_slot, issue_slot = st.empty(), st.empty()
    if opened:
        with issue_slot.container(key="opened"):
            render_open_issue(opened, queue)
    elif queue.page.data:
        with hint_slot.container():
            text = _("Select an issue")
            placeholders.render_empty(text, icon="mark_email_read", name="none_opened")


def render_open_issue(opened: OpenIssue, queue: QueuePage) -> None:
    """Render the open issue.

    If it was deleted or does not exist, render it from the list, or a placeholder if the list lacks
    it.
    """
    listed = next((row for row in queue.page.data if row.id == opened.id), None)
    if opened.issue:
        render_issue(opened.issue, queue)
    elif listed:
        render_deleted_issue(listed)
    else:
        render_back_button()
        placeholders.render_empty(
            _("This issue was deleted or doesn't exist."), icon="search_off", name="gone"
        )


def render_issue(issue: Issue, queue: QueuePage) -> None:
    """Render an issue with all actions of a reviewer.

    What takes another call comes last, so that the text can be read at once.
    """
    marking = review_queue.start_marking_read(issue)
    history, search = issue_history.start(issue), similar_issues.start_search(issue)
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
        known_issues.remember(marking.result())
        issue_detail.render_activity(issue, history)
        similar_issues.render(search)


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


def follow_changes(queue: QueuePage, opened: OpenIssue | None) -> None:
    """Rerun the page when the list or the open issue changes."""
    # If the open issue is on this page of the list, its row shows every change of it.
    is_listed = opened is None or opened.id in {row.id for row in queue.latest.data}

    def poll() -> object:
        loading = None if is_listed else open_issue.start_loading()
        return review_queue.poll(queue), loading.finish() if loading else None

    known = None if opened is None or is_listed else open_issue.describe_known(opened.id)
    auto_refresh.rerun_on_change(poll, (review_queue.describe(queue), known))


render_queue_and_issue()
