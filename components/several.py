"""An action on several issues at once: asked for in the list, done in a dialog."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from api.client import IssuesClient
from api.contract import PAGE_SIZE_LIMIT, Issue, IssueQuery, IssueState
from api.errors import IssuesError
from components import held, issue_list, language, notices, session
from components.language import N_, _, ngettext

DELETE: Final = "delete"

_ASKED: Final = "several"
_SHORT: Final = 6


@dataclass
class _Asked:
    action: str
    ids: list[str]
    query: IssueQuery | None
    count: int
    outcome: tuple[int, dict[str, str]] | None = None


def offer(query: IssueQuery, total: int | None) -> issue_list.Several:
    """What a reviewer can do with several of the issues of ``query``, which are ``total``."""

    def ask(action: str, ids: list[str], everything: bool) -> None:
        held.finish()
        meant = query.model_copy(update={"page": None, "page_size": PAGE_SIZE_LIMIT})
        count = (total or 0) if everything else len(ids)
        st.session_state[_ASKED] = _Asked(action, ids, meant if everything else None, count)

    return issue_list.Several(
        {name: _(words) for name, (words, _do) in _ACTIONS.items()}, total, ask
    )


def carry_out() -> None:
    """Do what was asked for, if anything was."""
    asked = st.session_state.get(_ASKED)
    if isinstance(asked, _Asked):
        words, _do = _ACTIONS[asked.action]
        # Until it is done, nothing else can be asked for that would break it off.
        dismissible = asked.action == DELETE or asked.outcome is not None
        st.dialog(_(words), dismissible=dismissible, on_dismiss=_forget)(_dialog)(asked)


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _dialog(asked: _Asked) -> None:
    place = st.empty()
    if asked.action == DELETE and not asked.outcome:
        with place.container():
            if not _is_sure(asked):
                return
    if not asked.outcome:
        # Whatever happens meanwhile, nothing is done twice.
        _forget()
        with place.container():
            asked.outcome = _do_all(asked)
        if asked.outcome[1]:
            # Told until it is read, also if the page is run again because others change something.
            st.session_state[_ASKED] = asked
    changed, refused = asked.outcome
    text = ngettext("{count} issue changed.", "{count} issues changed.", changed)
    text = text.format(count=language.number(changed))
    if not refused:
        notices.next_run(text)
        st.rerun()
    with place.container():
        _tell(text, refused)


def _is_sure(asked: _Asked) -> bool:
    text = ngettext(
        "{count} issue disappears for its reporter and from the queue.",
        "{count} issues disappear for their reporters and from the queue.",
        asked.count,
    )
    st.write(text.format(count=language.number(asked.count)))
    st.write(_("Deleted issues can still be read by their state, but not brought back."))
    with st.container(horizontal=True):
        sure = st.button(
            _("Delete"), type="primary", icon=":material/delete:", key="several_delete"
        )
        if st.button(_("Keep it"), key="several_keep", on_click=_forget):
            st.rerun()
    return sure


def _do_all(asked: _Asked) -> tuple[int, dict[str, str]]:
    """Returns how many issues were changed, and why each of the others was not, by its number."""
    client = session.client()
    _words, do = _ACTIONS[asked.action]
    bar = st.progress(0.0, _("Looking for them…"))
    ids = asked.ids
    if asked.query:
        ids = [issue.id for issue in client.iterate(asked.query)]
    refused: dict[str, str] = {}
    for done, issue_id in enumerate(ids, start=1):
        number = "?"
        try:
            issue = client.get(issue_id)
            number = str(issue.issue_number)
            if reason := do(client, issue):
                refused[number] = reason
        except IssuesError as error:
            refused[number] = notices.reason(error)
        text = _("{done} of {count}").format(
            done=language.number(done), count=language.number(len(ids))
        )
        bar.progress(done / len(ids), text)
    return len(ids) - len(refused), refused


def _tell(text: str, refused: Mapping[str, str]) -> None:
    st.write(text)
    failed = ngettext(
        "{count} issue was not changed:", "{count} issues were not changed:", len(refused)
    )
    st.warning(failed.format(count=language.number(len(refused))), icon=":material/warning:")
    lines = [
        f"- {_('Issue {number}').format(number=number)}: {reason}"
        for number, reason in refused.items()
    ]
    with st.container(height=240 if len(lines) > _SHORT else "content", border=False):
        st.markdown("\n".join(lines))
    if st.button(_("Close"), type="primary", key="several_close", on_click=_forget):
        st.rerun()


def _read(client: IssuesClient, issue: Issue) -> str:
    client.update(issue, is_read=True)
    return ""


def _unread(client: IssuesClient, issue: Issue) -> str:
    client.update(issue, is_read=False)
    return ""


def _start(client: IssuesClient, issue: Issue) -> str:
    if issue.state == IssueState.CLOSED:
        return _("It is closed. Open it to reopen it.")
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


_ACTIONS: Final[Mapping[str, tuple[str, Callable[[IssuesClient, Issue], str]]]] = {
    "read": (N_("Mark read"), _read),
    "unread": (N_("Mark unread"), _unread),
    "start": (N_("Start review"), _start),
    "close": (N_("Close"), _close),
    DELETE: (N_("Delete"), _delete),
}
