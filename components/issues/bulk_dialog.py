"""The dialog of a bulk action: question, progress, and the issues that were left unchanged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from components import api_session, server_capabilities
from components.issues import issue_list, undo_notice
from components.issues.bulk_actions import BULK_ACTIONS, DELETE, BulkAction, BulkItem
from components.issues.undo import BULK_UNDO_LIMIT, UndoBulk, UndoBulkMove
from components.ui import i18n
from components.ui.i18n import _, ngettext
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT

_REQUEST_KEY: Final = "bulk_request"
_FINISHED_ACTION_COUNT_KEY: Final = "bulk_finished_action_count"
_MAX_LINES_WITHOUT_SCROLLING: Final = 6


@dataclass(frozen=True)
class _Outcome:
    done: str
    """Says how many issues were changed."""

    refusals: Mapping[str, str]
    """Reasons why issues were left unchanged, by issue number."""

    undo: UndoBulk | UndoBulkMove | None


@dataclass
class _BulkRequest:
    action_name: str
    issues: Sequence[Issue]
    """The selected issues as they were listed; unused if ``query`` is set."""

    query: IssueQuery | None
    """The query for all pages if the issues of all pages are selected, else None."""

    count: int
    """Number of selected issues, for the question."""

    is_confirmed: bool = False
    outcome: _Outcome | None = None

    @property
    def action(self) -> BulkAction:
        """The requested action."""
        return BULK_ACTIONS[self.action_name]

    def format_question(self) -> str:
        """Format the question to ask before the change; "" if none is needed or it was confirmed.

        For a single issue, only a deletion needs a question: other changes are easy to reverse.
        """
        if self.is_confirmed or (self.count < 2 and self.action_name != DELETE):
            return ""
        return self.action.format_question(self.count)


def build_bulk_menu(
    query: IssueQuery, issues: Sequence[Issue], total: int | None
) -> issue_list.BulkMenu:
    """Return the menu for one page of ``query``; ``total`` is the number of issues on all pages."""
    issues_by_id = {issue.id: issue for issue in issues}

    def request_action(action_name: str, ids: list[str], is_all_pages: bool) -> None:
        all_pages = query.model_copy(update={"page": None, "page_size": PAGE_SIZE_LIMIT})
        st.session_state[_REQUEST_KEY] = _BulkRequest(
            action_name,
            [issues_by_id[issue_id] for issue_id in ids if issue_id in issues_by_id],
            all_pages if is_all_pages else None,
            (total or 0) if is_all_pages else len(ids),
        )

    return issue_list.BulkMenu(
        {name: _(action.label) for name, action in BULK_ACTIONS.items()},
        total,
        st.session_state.get(_FINISHED_ACTION_COUNT_KEY, 0),
        request_action,
    )


def render() -> None:
    """Render the dialog of the requested action, if any."""
    request = st.session_state.get(_REQUEST_KEY)
    if isinstance(request, _BulkRequest):
        # Without an open question, the action runs: dismissing the dialog would stop it halfway.
        question = "" if request.outcome else request.format_question()
        dialog = st.dialog(
            question or _(request.action.label),
            dismissible=bool(question) or request.outcome is not None,
            on_dismiss=_forget_request,
        )
        dialog(_render_steps)(request)


def _forget_request() -> None:
    st.session_state.pop(_REQUEST_KEY, None)


def _render_steps(request: _BulkRequest) -> None:
    slot = st.empty()
    if request.format_question() and not request.outcome:
        with slot.container():
            _render_question(request)
        return
    if not request.outcome:
        # Forget the request first, so that no rerun applies the action twice.
        _forget_request()
        with slot.container():
            request.outcome = _apply_to_all(request)
        st.session_state[_FINISHED_ACTION_COUNT_KEY] = (
            st.session_state.get(_FINISHED_ACTION_COUNT_KEY, 0) + 1
        )
        if request.outcome.refusals:
            # Keep the dialog open until the person closes it, even if new data reruns the page.
            st.session_state[_REQUEST_KEY] = request
        else:
            undo_notice.show(request.outcome.done, request.outcome.undo)
            st.rerun()
    with slot.container():
        _render_refusals(request.outcome)


def _render_question(request: _BulkRequest) -> None:
    """Render what follows from the action, and its buttons; the title is the question."""
    if request.action_name == DELETE:
        st.write(
            ngettext(
                "Its reporter will no longer see it.",
                "Their reporters will no longer see them.",
                request.count,
            )
        )
        if not server_capabilities.can_restore():
            st.write(_("Deleted issues stay in the Deleted tab, but can't be restored."))
        elif request.count <= BULK_UNDO_LIMIT:
            st.write(_("You can undo this for ten seconds."))
    with st.container(horizontal=True, key="bulk_confirm"):
        if st.button(
            _(request.action.label), type="primary", key=f"bulk_confirm_{request.action_name}"
        ):
            request.is_confirmed = True
            st.rerun()  # Opens the dialog again, no longer dismissible.
        if st.button(_("Cancel"), key="bulk_cancel", on_click=_forget_request):
            st.rerun()


def _apply_to_all(request: _BulkRequest) -> _Outcome:
    """Apply the action to each selected issue, showing the progress."""
    client = api_session.client()
    bar = st.progress(0.0, _("Loading issues…"))
    issues = list(client.iterate(request.query)) if request.query else request.issues
    items: list[BulkItem] = []
    for item in request.action.apply(client, issues):
        items.append(item)
        text = _("{done} of {count}").format(
            done=i18n.format_number(len(items)), count=i18n.format_number(len(issues))
        )
        bar.progress(len(items) / len(issues), text)
    refusals = {str(item.issue.issue_number): item.refusal for item in items if item.refusal}
    done = request.action.format_done(len(items) - len(refusals))
    changed = [item.issue for item in items if item.is_changed]
    change = request.action.change
    undo = UndoBulk.build(done, change, changed) or UndoBulkMove.build(done, change, changed)
    return _Outcome(done, refusals, undo)


def _render_refusals(outcome: _Outcome) -> None:
    st.write(outcome.done)
    refusals = outcome.refusals
    failed = ngettext(
        "{count} issue wasn't changed:", "{count} issues weren't changed:", len(refusals)
    )
    st.warning(failed.format(count=i18n.format_number(len(refusals))), icon=":material/warning:")
    lines = [f"- #{number}: {reason}" for number, reason in refusals.items()]
    is_long = len(lines) > _MAX_LINES_WITHOUT_SCROLLING
    with st.container(height=240 if is_long else "content", border=False):
        st.markdown("\n".join(lines))
    if st.button(_("Close"), type="primary", key="bulk_close_dialog", on_click=_forget_request):
        st.rerun()
