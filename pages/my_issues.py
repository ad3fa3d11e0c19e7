"""My issues: what one reported by name, to follow, and to correct or withdraw until a review."""

import streamlit as st

from api.contract import IssuePage, IssueState
from api.errors import IssuesError, NotFound
from api.portal_token import Person
from components import (
    conflict,
    correction,
    filters,
    held,
    issue_actions,
    issue_list,
    issue_view,
    labels,
    live,
    notices,
    own_issues,
    session,
    states,
)
from components.language import _

st.title(_("My issues"), anchor=False)
session.require()


@st.fragment
def list_or_issue() -> None:
    """Everything below the title: what one does here runs this part only."""
    who = session.require_still()
    issue_list.carry_out()
    held.bar()
    notices.say_pending()
    try:
        if opened := issue_list.opened():
            show_opened(who, opened)
            return
        given = filters.mine()
        page = filters.requested_page()
        found = states.loading(lambda: own_issues.load(given, page))
        live.watch(lambda: own_issues.load(given, page), found)
        address = own_issues.address()
    except IssuesError as error:
        states.failed(error, doing=_("We could not load your issues."))
    show_list(found, page, filtered=bool(given))
    if address:
        st.caption(
            _("These are the reports under your address, {address}.").format(
                address=labels.code(address)
            )
        )


def show_list(found: IssuePage, page: int, *, filtered: bool) -> None:
    """One's own issues, or why there is none."""
    issues = [issue for issue in found.data if not held.is_leaving(issue)]
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
        with states.empty(_("You have not reported anything by name yet.")):
            label = _("Report a problem")
            st.page_link("pages/report.py", label=label, icon=":material/edit_note:")


def back_to_list(words: str) -> None:
    """A button that closes what is open."""
    st.button(words, icon=":material/arrow_back:", on_click=issue_list.open_issue, args=(None,))


def show_opened(who: Person, issue_id: str) -> None:
    """The opened issue, with what its reporter can still do."""
    client = session.client()
    try:
        issue = states.loading(lambda: client.get(issue_id))
    except NotFound:
        issue = None
    if issue is None or held.is_leaving(issue) or not own_issues.is_mine(issue):
        with states.empty(_("This issue is not here any more."), icon="search_off"):
            back_to_list(_("Show my issues"))
        return
    live.watch(lambda: client.get(issue_id), issue)
    conflict.show(issue_actions.all_the_same, only=issue_id)
    with st.container(border=True):
        issue_view.heading(issue)
        st.caption(labels.state_explanation(issue.state))
        issue_view.text(issue.description)
        issue_view.facts(issue)
        issue_view.what_happened(issue, session.history(issue))
        if issue.state == IssueState.NOT_REVIEWED or correction.is_open(issue):
            corrected = correction.form(who, issue)
            if corrected is not None:
                seen, kind, description = corrected
                issue_actions.save(seen, type=kind, description=description)
                st.rerun()
        with st.container(horizontal=True):
            back_to_list(_("Back to the list"))
            if issue.state == IssueState.NOT_REVIEWED:
                issue_actions.withdraw_button(issue)


list_or_issue()
