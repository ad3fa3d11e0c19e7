"""Review: the queue of all issues, and the opened one beside it."""

import streamlit as st

from api.contract import Issue
from api.errors import IssuesError, NotFound
from components import filters, issue_actions, issue_list, issue_view, labels, notices, session
from components.language import _

st.title(_("Review"), anchor=False)
session.require(reviewer=True)
client = session.client()
notices.say_pending()


def read_opened(opened: str) -> Issue | None:
    """The opened issue, which thereby becomes read."""
    try:
        issue = client.get(opened)
        return issue if issue.is_read else client.update(issue, is_read=True)
    except NotFound:
        return None


def show_deleted(issue: Issue) -> None:
    """What a deleted issue said: it can be read in the list only, and not be changed."""
    with st.container(border=True):
        issue_view.heading(issue)
        issue_view.from_whom(issue)
        issue_view.text(issue.description)


def show_opened(issue: Issue, listed: list[str]) -> None:
    """The opened issue and what a reviewer does with it."""
    at = listed.index(issue.id) if issue.id in listed else None
    before = listed[at - 1] if at else None
    after = listed[at + 1] if at is not None and at + 1 < len(listed) else None
    with st.container(border=True):
        with st.container(horizontal=True):
            for words, icon, target, key in (
                (_("Back to the list"), ":material/arrow_back:", None, "back_to_list"),
                (_("Previous"), ":material/chevron_left:", before, "previous"),
                (_("Next"), ":material/chevron_right:", after, "next"),
            ):
                st.button(
                    words,
                    icon=icon,
                    key=key,
                    disabled=target is None and key != "back_to_list",
                    on_click=issue_list.open_issue,
                    args=(target,),
                )
        issue_view.heading(issue)
        issue_view.from_whom(issue)
        issue_view.text(issue.description)
        issue_view.facts(issue)
        with st.container(horizontal=True):
            issue_actions.move_buttons(issue)
            if st.button(_("Mark unread"), icon=":material/mark_email_unread:"):
                issue_list.open_issue(None)
                done = _("Issue {number} is unread again.").format(number=issue.issue_number)
                issue_actions.change(issue, done, is_read=False)
            if st.button(_("Delete"), icon=":material/delete:"):
                issue_actions.ask_to_delete(issue, withdraw=False)
        issue_actions.choose_kind(issue)
        issue_view.timeline(session.history(issue))


try:
    given = filters.queue(client.users())
    opened = issue_list.opened()
    issue = read_opened(opened) if opened else None
    found = client.list(filters.query(given, filters.requested_page()))
except IssuesError as error:
    notices.failure(error, doing=_("We could not load the queue."))
    st.button(_("Try again"), icon=":material/refresh:")
    st.stop()

queue, beside = st.columns([5, 7], gap="medium")
with queue, st.container(key="list_while_open" if issue else "list"):
    if found.data:
        st.caption(labels.count(found.total_count))
        issue_list.show(
            found.data,
            key="queue",
            label=_("Review queue"),
            unread=True,
            about=lambda issue: " · ".join(
                [
                    f"#{issue.issue_number}",
                    labels.kind(issue.type),
                    labels.reporter(issue.created_by),
                ]
            ),
        )
        filters.turn_page(found.total_count)
    elif given or filters.requested_page() > 1:
        filters.nothing_fits()
    else:
        st.info(_("No issues yet: the queue is empty."), icon=":material/inbox:")
with beside:
    deleted = next((other for other in found.data if other.id == opened), None)
    if issue:
        show_opened(issue, [other.id for other in found.data])
    elif deleted:
        show_deleted(deleted)
    elif opened:
        st.info(_("That issue is not here any more."), icon=":material/search_off:")
    elif found.data:
        st.info(_("Choose an issue to read it."), icon=":material/arrow_back:")
