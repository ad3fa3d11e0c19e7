"""Review: the queue of all issues, and the open issue beside it."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

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
    queue_preferences,
    review_queue,
    similar_issues,
    state_counts,
    undo_notice,
)
from components.issues.criteria import has_filters
from components.issues.issue_list import ListView
from components.issues.open_issue import OpenIssue
from components.issues.review_queue import QueuePage
from components.report import embed
from components.ui import copy_button, i18n, messages, placeholders, preferences
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.models.permissions import Action
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import LIVE_STATES, OPEN_STATES, IssueState

# Only for screen readers: the menu shows which page is open.
with st.container(key="page_title"):
    st.title(_("Review"), anchor=False)
require_sign_in.require(Action.READ_ALL)


@st.fragment
def render_queue_and_issue() -> None:
    """Render everything below the title; actions rerun only this fragment."""
    checks = auto_refresh.make_place()
    require_sign_in.require_in_fragment(Action.READ_ALL)
    issue_list.handle_commands()
    undo_notice.render(shortcut="z" if keyboard_shortcuts.are_enabled() else "")
    messages.render_pending()
    bulk_dialog.render()
    delete_dialog.render(issue_actions.delete_now)
    try:
        criteria = render_toolbar()
        loading = open_issue.start_loading()
        queue = placeholders.load_with_placeholder(
            lambda: review_queue.fetch_queue_page(criteria, pagination.get_page_number())
        )
        opened = loading.finish() if loading else None
    except IssuesError as error:
        placeholders.render_failed_and_stop(error, failed=_("We couldn't load the queue."))
    counting = state_counts.start(criteria, queue)
    left, right = st.columns([5, 7], gap=None)
    with left, st.container(key="list"):
        render_list(queue, opened, criteria)
    with right:
        edit_conflict.render(issue_actions.apply_anyway)
        render_issue_pane(opened, queue)
    state_counts.render(counting)
    preferences.mount_script()
    follow_changes(checks, queue, opened)


def render_toolbar() -> IssueQuery:
    """Render the line above the queue, unless the server has no filters; return the criteria."""
    criteria = IssueQuery()
    can_filter = server_capabilities.can_filter()
    with st.container(key="toolbar", horizontal=True, vertical_alignment="center"):
        if can_filter:
            criteria = filters.render_toolbar()
        with st.popover(_("More"), icon=":material/more_horiz:", type="tertiary", key="queue_menu"):
            queue_preferences.render_switches()
            export_links.render_links(criteria)
            keyboard_shortcuts.render_help_button()
    keyboard_shortcuts.render_help()
    if can_filter:
        filters.render_chips()
    return criteria


def render_list(queue: QueuePage, opened: OpenIssue | None, criteria: IssueQuery) -> None:
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
        view=ListView(
            is_compact=queue_preferences.is_compact(),
            advances=queue_preferences.opens_next(),
            listed_states=criteria.states or LIVE_STATES,
            newer_count=queue.newer_count,
        ),
    )
    if issues:
        pagination.render_pagination(queue.page.total_count)
    elif has_filters(criteria) or pagination.get_page_number() > 1:
        has_only_states = criteria.model_fields_set <= {"states", "page_order"}
        if has_only_states and set(criteria.states) == set(OPEN_STATES):
            filters.render_no_match(_("No open issues. You're all caught up."))
        else:
            filters.render_no_match(_("No matching issues"))
    else:
        placeholders.render_empty(_("No issues yet"))


def mark_as_read(issues: Sequence[Issue], opened: OpenIssue | None) -> list[Issue]:
    """Return the rows of the list, the open issue as read: it is being marked as read."""
    return [
        issue.model_copy(update={"is_read": True}) if opened and issue.id == opened.id else issue
        for issue in issues
    ]


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
    if opened.issue and opened.issue.state == IssueState.DELETED:
        render_deleted_issue(opened.issue)
    elif opened.issue:
        render_issue(opened.issue, queue)
    elif listed:
        render_deleted_issue(listed)
    else:
        with st.container(key="detail_bar", horizontal=True, vertical_alignment="center"):
            render_close_button()
        placeholders.render_empty(
            _("This issue was deleted or doesn't exist."), icon="search_off", name="gone"
        )


def render_issue(issue: Issue, queue: QueuePage) -> None:
    """Render an issue with all actions of a reviewer.

    What takes another call comes last, so that the text can be read at once.
    """
    marking = review_queue.start_marking_read(issue)
    history, search = issue_history.start(issue), similar_issues.start_search(issue)
    render_navigation(issue, queue)
    body, actions = st.container(key="issue_body"), st.container(key="actions", horizontal=True)
    with actions:
        issue_actions.render_state_buttons(
            issue, on_closed=lambda: review_queue.advance(queue, issue.id)
        )
        issue_actions.render_unread_button(issue)
        issue_actions.render_delete_button(issue)
    with body:
        with st.container(key="issue_summary", horizontal=True, vertical_alignment="center"):
            issue_detail.render_summary(issue)
            issue_actions.render_type_choice(issue)
        issue_detail.render_reporter(issue)
        issue_detail.render_text(issue.description)
        issue_detail.render_references(issue)
        issue_detail.render_thread_link(issue)
        known_issues.remember(marking.result())
        similar_issues.render(search)
        issue_detail.render_activity(issue, history)


def render_deleted_issue(issue: Issue) -> None:
    """Render a deleted issue: who deleted it and when, and a button that restores it."""
    history = issue_history.start(issue)
    with st.container(key="detail_bar", horizontal=True, vertical_alignment="center"):
        render_close_button()
    with st.container(key="issue_body"):
        with st.container(key="issue_summary", horizontal=True, vertical_alignment="center"):
            issue_detail.render_summary(issue)
        issue_detail.render_reporter(issue)
        issue_detail.render_text(issue.description)
        issue_detail.render_references(issue)
        issue_detail.render_activity(issue, history)
    if server_capabilities.can_restore():
        with st.container(key="actions", horizontal=True):
            issue_actions.render_restore_button(issue)


def render_navigation(issue: Issue, queue: QueuePage) -> None:
    """Render the bar above an issue: its place in the queue, its link, and a button to close it."""
    with st.container(key="detail_bar", horizontal=True, vertical_alignment="center"):
        for label, icon, key, step in (
            (_("Previous"), ":material/chevron_left:", "previous", -1),
            (_("Next"), ":material/chevron_right:", "next", 1),
        ):
            st.button(
                label,
                icon=icon,
                type="tertiary",
                key=key,
                help=label,
                disabled=not review_queue.has_neighbour(queue, issue.id, step),
                on_click=review_queue.on_open_neighbour,
                args=(queue, issue.id, step),
            )
        position, total = review_queue.find_position(queue, issue.id), queue.page.total_count
        if position and total:
            text = _("{position} of {total}")
            st.caption(
                text.format(position=i18n.format_number(position), total=i18n.format_number(total))
            )
        copy_button.render(
            _("Copy link"),
            embed.build_page_url("review", issue=issue.id),
            key="copy_issue_link",
        )
        render_close_button()


def render_close_button() -> None:
    """Render the button that closes the issue's pane; on a phone, it leads back to the list."""
    st.button(
        _("Back to list"),
        icon=":material/close:",
        type="tertiary",
        key="back_to_list",
        help=_("Back to list"),
        on_click=issue_list.open_issue,
        args=(None,),
    )


def follow_changes(checks: DeltaGenerator, queue: QueuePage, opened: OpenIssue | None) -> None:
    """Rerun the page when the list or the open issue changes."""
    # If the open issue is on this page of the list, its row shows every change of it.
    is_listed = opened is None or opened.id in {row.id for row in queue.latest.data}

    def poll() -> object:
        loading = None if is_listed else open_issue.start_loading()
        return review_queue.poll(queue), loading.finish() if loading else None

    known = None if opened is None or is_listed else open_issue.describe_known(opened.id)
    auto_refresh.rerun_on_change(checks, poll, (review_queue.describe(queue), known))


render_queue_and_issue()
