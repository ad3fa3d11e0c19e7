"""An action on several issues at once: asked for in the list, done in a dialog."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from components import api_session
from components.issues import issue_list, undo
from components.ui import i18n, messages
from components.ui.i18n import N_, _, ngettext
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT, IssueState

_DELETE: Final = "delete"
_REQUEST_KEY: Final = "several"
_DONE_COUNT_KEY: Final = "several_done"
_MOST_WITHOUT_SCROLLING: Final = 6


@dataclass(frozen=True)
class _BulkAction:
    words: str
    do: Callable[[IssuesClient, Issue], str]
    """Does it to one issue; returns why not, or nothing."""

    done: Callable[[int], str]
    """Says so, of that many issues."""

    question: Callable[[int], str] | None = None
    """What to ask before it is done to that many."""


@dataclass
class _BulkRequest:
    action: str
    numbers: Mapping[str, str]
    """Of the issues that were picked, by id."""

    query: IssueQuery | None
    count: int
    outcome: tuple[int, dict[str, str]] | None = None


def build_bulk_menu(
    query: IssueQuery, shown: Sequence[Issue], total: int | None
) -> issue_list.BulkMenu:
    """What a reviewer can do with several of the issues of ``query``: a page of them and all."""
    numbers = {issue.id: str(issue.issue_number) for issue in shown}

    def ask(action: str, ids: list[str], everything: bool) -> None:
        undo.send_pending()
        meant = query.model_copy(update={"page": None, "page_size": PAGE_SIZE_LIMIT})
        count = (total or 0) if everything else len(ids)
        picked = {issue_id: numbers.get(issue_id, "?") for issue_id in ids}
        st.session_state[_REQUEST_KEY] = _BulkRequest(
            action, picked, meant if everything else None, count
        )

    return issue_list.BulkMenu(
        {name: _(action.words) for name, action in _ACTIONS.items()},
        total,
        st.session_state.get(_DONE_COUNT_KEY, 0),
        ask,
    )


def render_dialog() -> None:
    """Do what was asked for, if anything was."""
    asked = st.session_state.get(_REQUEST_KEY)
    if isinstance(asked, _BulkRequest):
        words = _ACTIONS[asked.action].words
        # Until it is done, nothing else can be asked for that would break it off.
        dismissible = bool(_format_question(asked)) or asked.outcome is not None
        st.dialog(_(words), dismissible=dismissible, on_dismiss=_forget_request)(_render_steps)(
            asked
        )


def _format_question(asked: _BulkRequest) -> str:
    """What to ask before it is done, if anything: one issue is soon put right by itself."""
    question = _ACTIONS[asked.action].question
    if question is None or (asked.count < 2 and asked.action != _DELETE):
        return ""
    return _format_count(question, asked.count)


def _forget_request() -> None:
    st.session_state.pop(_REQUEST_KEY, None)


def _render_steps(asked: _BulkRequest) -> None:
    action = _ACTIONS[asked.action]
    place = st.empty()
    question = _format_question(asked)
    if question and not asked.outcome:
        with place.container():
            if not _confirm(asked, question):
                return
    if not asked.outcome:
        # Whatever happens meanwhile, nothing is done twice.
        _forget_request()
        with place.container():
            asked.outcome = _apply_to_all(asked, action)
        st.session_state[_DONE_COUNT_KEY] = st.session_state.get(_DONE_COUNT_KEY, 0) + 1
        if asked.outcome[1]:
            # Told until it is read, also if the page is run again because others change something.
            st.session_state[_REQUEST_KEY] = asked
    changed, refused = asked.outcome
    if not refused:
        messages.show_next_run(_format_count(action.done, changed))
        st.rerun()
    with place.container():
        _render_refusals(_format_count(action.done, changed), refused)


def _confirm(asked: _BulkRequest, question: str) -> bool:
    st.write(question)
    if asked.action == _DELETE:
        st.write(
            _("Reviewers can read what is deleted (choose that state), but not bring it back.")
        )
    with st.container(horizontal=True, key="several_sure"):
        words = _(_ACTIONS[asked.action].words)
        sure = st.button(words, type="primary", key=f"several_{asked.action}")
        if st.button(_("Cancel"), key="several_cancel", on_click=_forget_request):
            st.rerun()
    return sure


def _apply_to_all(asked: _BulkRequest, action: _BulkAction) -> tuple[int, dict[str, str]]:
    """Returns how many issues were changed, and why each of the others was not, by its number."""
    client = api_session.client()
    bar = st.progress(0.0, _("Looking for them…"))
    numbers = asked.numbers
    if asked.query:
        everything = client.iterate(asked.query)
        numbers = {issue.id: str(issue.issue_number) for issue in everything}
    refused: dict[str, str] = {}
    for done, (issue_id, number) in enumerate(numbers.items(), start=1):
        try:
            reason = action.do(client, client.get(issue_id))
        except NotFoundError:
            reason = _("It is deleted.")
        except IssuesError as error:
            reason = messages.explain_failure(error)
        if reason:
            refused[number] = reason
        text = _("{done} of {count}").format(
            done=i18n.format_number(done), count=i18n.format_number(len(numbers))
        )
        bar.progress(done / len(numbers), text)
    return len(numbers) - len(refused), refused


def _render_refusals(text: str, refused: Mapping[str, str]) -> None:
    st.write(text)
    failed = ngettext(
        "{count} issue was not changed:", "{count} issues were not changed:", len(refused)
    )
    st.warning(failed.format(count=i18n.format_number(len(refused))), icon=":material/warning:")
    name = _("Issue {number}")
    lines = [f"- {name.format(number=number)}: {reason}" for number, reason in refused.items()]
    with st.container(
        height=240 if len(lines) > _MOST_WITHOUT_SCROLLING else "content", border=False
    ):
        st.markdown("\n".join(lines))
    if st.button(_("Close"), type="primary", key="several_close", on_click=_forget_request):
        st.rerun()


def _mark_read(client: IssuesClient, issue: Issue) -> str:
    client.update(issue, is_read=True)
    return ""


def _mark_unread(client: IssuesClient, issue: Issue) -> str:
    client.update(issue, is_read=False)
    return ""


def _start_review(client: IssuesClient, issue: Issue) -> str:
    if issue.state == IssueState.CLOSED:
        return _("It is closed. To reopen it, open it by itself.")
    if issue.state != IssueState.IN_REVIEW:
        client.update(issue, state=IssueState.IN_REVIEW, if_unchanged=True)
    return ""


def _close(client: IssuesClient, issue: Issue) -> str:
    if issue.state != IssueState.CLOSED:
        client.update(issue, state=IssueState.CLOSED, if_unchanged=True)
    return ""


def _delete(client: IssuesClient, issue: Issue) -> str:
    client.delete(issue.id, etag=issue.etag)
    return ""


def _format_count(text: Callable[[int], str], count: int) -> str:
    return text(count).format(count=i18n.format_number(count))


_ACTIONS: Final[Mapping[str, _BulkAction]] = {
    "read": _BulkAction(
        N_("Mark read"),
        _mark_read,
        lambda n: ngettext("{count} issue marked as read.", "{count} issues marked as read.", n),
    ),
    "unread": _BulkAction(
        N_("Mark unread"),
        _mark_unread,
        lambda n: ngettext(
            "{count} issue marked as unread.", "{count} issues marked as unread.", n
        ),
    ),
    "start": _BulkAction(
        N_("Start review"),
        _start_review,
        lambda n: ngettext("{count} issue is in review.", "{count} issues are in review.", n),
        lambda n: ngettext(
            "Start the review of {count} issue?", "Start the review of {count} issues?", n
        ),
    ),
    "close": _BulkAction(
        N_("Close"),
        _close,
        lambda n: ngettext("{count} issue closed.", "{count} issues closed.", n),
        lambda n: ngettext("Close {count} issue?", "Close {count} issues?", n),
    ),
    _DELETE: _BulkAction(
        N_("Delete"),
        _delete,
        lambda n: ngettext("{count} issue deleted.", "{count} issues deleted.", n),
        lambda n: ngettext(
            "{count} issue disappears for its reporter and from the queue.",
            "{count} issues disappear for their reporters and from the queue.",
            n,
        ),
    ),
}
