"""Review: the queue of all issues, and the opened one beside it."""

import streamlit as st

from components import api_session, server_capabilities
from components.account import require_sign_in
from components.issues import (
    auto_refresh,
    bulk_actions,
    edit_conflict,
    export_links,
    filter_options,
    filters,
    issue_actions,
    issue_detail,
    issue_list,
    keyboard_shortcuts,
    review_queue,
    similar_issues,
    undo,
)
from components.issues.review_queue import QueuePage
from components.ui import labels, messages, placeholders, user_names
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.models.responses import Issue

st.title(_("Review"), anchor=False)
require_sign_in.require(reviewer=True)


@st.fragment
def queue_and_issue() -> None:
    """Everything below the title: what one does here runs this part only."""
    require_sign_in.require_still(reviewer=True)
    issue_list.handle_key_presses()
    undo.render_bar()
    messages.render_pending()
    bulk_actions.render_dialog()
    client = api_session.client()
    try:
        with st.container(key="filters"):
            filtered = server_capabilities.can_filter()
            given = (
                filters.render_queue_filters(
                    filter_options.fetch_users, filter_options.fetch_project_ids
                )
                if filtered
                else {}
            )
        opened = issue_list.get_open_issue_id()
        issue = stored(opened)
        if issue:
            issue = review_queue.mark_read(issue)
        found = placeholders.load_with_placeholder(
            lambda: review_queue.fetch_queue_page(given, filters.get_page_number())
        )
    except IssuesError as error:
        placeholders.render_failed(error, doing=_("We could not load the queue."))
    auto_refresh.rerun_on_change(
        lambda: (client.list(found.query).data, stored(opened), review_queue.count_newer(given)),
        (found.page.data, issue, found.newer_count),
    )
    listed, beside = st.columns([5, 7], gap="medium")
    with listed, st.container(key="list"):
        show_list(found, issue, filtered=bool(given.keys() - {"page_order"}))
    with beside:
        edit_conflict.render(issue_actions.apply_anyway)
        show_beside(opened, issue, found)


def stored(opened: str | None) -> Issue | None:
    """The opened issue, unless it is gone."""
    try:
        return api_session.client().get(opened) if opened else None
    except NotFoundError:
        return None


def show_list(found: QueuePage, opened: Issue | None, *, filtered: bool) -> None:
    """The queue, or why there is none."""
    with st.container(key="counts", horizontal=True, vertical_alignment="center"):
        st.markdown(labels.format_state_counts(found.by_state), width="content")
        if found.newer_count:
            st.button(
                labels.format_newer_count(found.newer_count),
                icon=":material/arrow_upward:",
                key="newer",
                on_click=review_queue.show_newer,
            )
    issues = [undo.preview(issue) for issue in found.page.data if not undo.is_being_deleted(issue)]
    # Also without any: its keys are still there.
    issue_list.render(
        issues,
        key="queue",
        label=_("Review queue"),
        unread=True,
        about=lambda issue: " · ".join(
            [
                f"#{issue.issue_number}",
                labels.format_type(issue.type),
                user_names.format_user(issue.created_by),
            ]
        ),
        page=f"{found.query.page} {found.query.end_date}",
        several=bulk_actions.build_bulk_menu(found.query, issues, found.page.total_count),
        keys=keyboard_shortcuts.build_shortcuts(
            found, [*issues, *([undo.preview(opened)] if opened else [])]
        ),
    )
    if issues:
        filters.render_pagination(found.page.total_count)
    elif filtered or filters.get_page_number() > 1:
        filters.render_no_match()
    else:
        placeholders.render_empty(_("No issues yet: the queue is empty."))
    with st.container(horizontal=True):
        if issues:
            export_links.render_links(found.query)
        keyboard_shortcuts.render_help_button()


def show_beside(opened: str | None, issue: Issue | None, found: QueuePage) -> None:
    """The opened issue, or what to do to open one."""
    # Each in a place of its own: nothing of the one is seen in the other while it is drawn.
    nothing, something = st.empty(), st.empty()
    if opened:
        with something.container(key="opened"):
            show_opened(opened, issue, found)
    elif found.page.data:
        with nothing.container():
            text = _("Choose an issue to read it.")
            placeholders.render_empty(text, icon="mark_email_read", name="none_opened")


def show_opened(opened: str, issue: Issue | None, found: QueuePage) -> None:
    """The opened issue, as long as it can be seen."""
    deleted = next((other for other in found.page.data if other.id == opened), None)
    if issue:
        show_issue(issue, found)
    elif deleted:
        show_deleted(deleted)
    else:
        back_to_list()
        placeholders.render_empty(
            _("That issue is not here any more."), icon="search_off", name="gone"
        )


def show_deleted(issue: Issue) -> None:
    """What a deleted issue said: it can be read in the list only, and not be changed."""
    with st.container(border=True):
        back_to_list()
        issue_detail.render_heading(issue)
        issue_detail.render_reporter(issue)
        issue_detail.render_text(issue.description)


def back_to_list() -> None:
    """The way back, where the opened issue takes the place of the list."""
    st.button(
        _("Back to the list"),
        icon=":material/arrow_back:",
        type="tertiary",
        key="back_to_list",
        on_click=issue_list.open_issue,
        args=(None,),
    )


def show_issue(stored: Issue, found: QueuePage) -> None:
    """The opened issue and what a reviewer does with it."""
    issue = undo.preview(stored)
    with st.container(border=True):
        with st.container(horizontal=True):
            back_to_list()
            for words, icon, key, step in (
                (_("Previous"), ":material/chevron_left:", "previous", -1),
                (_("Next"), ":material/chevron_right:", "next", 1),
            ):
                st.button(
                    words,
                    icon=icon,
                    type="tertiary",
                    key=key,
                    disabled=not review_queue.has_neighbour(found, issue.id, step),
                    on_click=review_queue.open_neighbour,
                    args=(found, issue.id, step),
                )
        issue_detail.render_heading(issue)
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


queue_and_issue()
