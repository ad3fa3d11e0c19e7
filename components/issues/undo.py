"""Pending changes: each waits a few seconds before it is sent, so that a person can undo it.

The API cannot reverse a deletion or the start of a review, so undoing a change means not sending
it. A pending change belongs to a sign-in: every tab shows it, even after a reload, and it is sent
even if all tabs are closed.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Timer
from typing import Final

import streamlit as st

from auth import current_user
from components.issues.proposed_change import ProposedChange
from components.ui import messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

UNDO_SECONDS: Final = 5.0

_KEEP_FAILED_SECONDS: Final = 3600.0
"""Seconds to keep a failed change that no tab has shown."""

_PENDING_KEY: Final = "pending_change"

log = logging.getLogger(__name__)

_pending_changes: set["_PendingChange"] = set()
"""Waiting changes of all sign-ins, and failed changes that no tab has shown yet."""


@dataclass(eq=False)
class _PendingChange:
    owner: str
    """Id of the sign-in."""

    issue_id: str
    change: ProposedChange
    send: Callable[[], object]
    handle_error: Callable[[IssuesError], bool]
    doing: str
    done: str
    failed: str
    scheduled_at: float = field(default_factory=time.monotonic)
    is_over: bool = False
    """Whether the change was sent or cancelled, or has failed."""

    is_cancelled: bool = False
    error: IssuesError | None = None
    _lock: Lock = field(default_factory=Lock)

    def finish(self) -> None:
        """Send the change, unless it was already sent or cancelled."""
        with self._lock:
            if self.is_over:
                return
            try:
                self.send()
                _pending_changes.discard(self)
            except IssuesError as error:
                self.error = error
            except Exception:
                self.error = IssuesError()  # Tell the person that the change failed.
                raise
            finally:
                self.is_over = True

    def cancel(self) -> None:
        """Cancel the change, unless it was already sent."""
        with self._lock:
            self.is_cancelled = self.is_cancelled or not self.is_over
            self.is_over = True
            _pending_changes.discard(self)


def schedule_change(
    issue: Issue,
    change: ProposedChange,
    send: Callable[[], object],
    handle_error: Callable[[IssuesError], bool],
    *,
    doing: str,
    done: str,
    failed: str,
) -> None:
    """Call ``send`` in a few seconds, unless the person undoes the change.

    If another change is pending, it is sent first. `preview` shows ``change`` before it is sent.
    ``doing``, ``done`` and ``failed`` are the messages while the change waits, once it is sent, and
    if it fails. If ``handle_error`` returns True for an error, ``failed`` is not shown.
    """
    send_pending()
    for old in tuple(_pending_changes):
        if old.is_over and time.monotonic() - old.scheduled_at > _KEEP_FAILED_SECONDS:
            _pending_changes.discard(old)
    pending = _PendingChange(
        _identify_owner(), issue.id, change, send, handle_error, doing, done, failed
    )
    _pending_changes.add(pending)
    timer = Timer(UNDO_SECONDS, pending.finish)
    timer.daemon = True  # The server calls `send_all_pending` when it stops.
    timer.start()
    st.session_state[_PENDING_KEY] = pending


def send_pending() -> bool:
    """Send the pending changes of this sign-in, in all tabs; return whether all succeeded."""
    in_tab = st.session_state.pop(_PENDING_KEY, None)
    changes = dict.fromkeys([*([in_tab] if in_tab else []), *_list_own_changes()])
    for pending in changes:
        pending.finish()
        _show_outcome(pending)
    return all(pending.error is None for pending in changes)


def preview(issue: Issue) -> Issue:
    """Return an issue as it will be after the pending change of this tab."""
    pending = st.session_state.get(_PENDING_KEY)
    if not isinstance(pending, _PendingChange) or pending.issue_id != issue.id:
        return issue
    return pending.change.apply_to(issue)


def is_being_deleted(issue: Issue) -> bool:
    """Return whether the pending change deletes this issue."""
    return issue.state != IssueState.DELETED and preview(issue).state == IssueState.DELETED


def render_bar() -> None:
    """Render the pending change with an undo button; show the outcome of a change that is over."""
    pending = _get_current()
    while pending and pending.is_over:
        st.session_state.pop(_PENDING_KEY, None)
        _show_outcome(pending)
        pending = _get_current()
    with st.container(
        key="undo_bar", horizontal=True, vertical_alignment="center", border=pending is not None
    ):
        if pending:
            st.session_state[_PENDING_KEY] = pending
            st.write(pending.doing)
            st.button(
                _("Undo"),
                icon=":material/undo:",
                type="primary",
                key="undo",
                on_click=cancel_pending,
            )
            _rerun_when_sent(pending)


def cancel_pending() -> None:
    """Cancel the pending change."""
    if pending := _get_current():
        pending.cancel()
        st.session_state.pop(_PENDING_KEY, None)
        _show_outcome(pending)
    else:
        messages.show_on_next_run(_("Nothing to undo"), icon=":material/info:")


def send_all_pending() -> None:
    """Send the pending changes of all sign-ins, because the server stops."""
    for pending in tuple(_pending_changes):
        pending.finish()
        if pending.error:
            log.warning("a pending change could not be sent when the server stopped")


@st.fragment(run_every=1)
def _rerun_when_sent(pending: _PendingChange) -> None:
    if pending.is_over:
        st.rerun()


def _get_current() -> _PendingChange | None:
    """Return the change of this tab, even if it is over; if there is none, that of another tab."""
    pending = st.session_state.get(_PENDING_KEY)
    if isinstance(pending, _PendingChange):
        return pending
    return next(iter(_list_own_changes()), None)


def _list_own_changes() -> list[_PendingChange]:
    """Return the waiting and failed changes of this sign-in, in all tabs."""
    owner = _identify_owner()
    return [pending for pending in tuple(_pending_changes) if owner and pending.owner == owner]


def _identify_owner() -> str:
    return current_user.identify_sign_in(current_user.get_sign_in())


def _show_outcome(pending: _PendingChange) -> None:
    _pending_changes.discard(pending)
    if pending.is_cancelled:
        messages.show_on_next_run(_("Undone"), icon=":material/undo:")
    elif pending.error is None:
        messages.show_on_next_run(pending.done)
    elif not pending.handle_error(pending.error):
        messages.show_failure_on_next_run(pending.error, failed=pending.failed)
