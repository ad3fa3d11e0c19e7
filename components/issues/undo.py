"""A change that waits a few seconds before it is made, so that it can be undone.

The contract has no way back from deleting an issue or from starting on one: undoing such a change
is not making it. What waits is that of a sign-in: a reload and other tabs show it, too, and it is
made in the end even if all are closed meanwhile.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock, Timer
from typing import Any, Final

import streamlit as st

from auth import current_user
from components.ui import messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

UNDO_SECONDS: Final = 5.0

_PENDING_KEY: Final = "held"

log = logging.getLogger(__name__)

_pending_changes: set["_PendingChange"] = set()
"""Also those that could not be made, until that is told in some tab."""

_KEEP_UNREPORTED_SECONDS: Final = 3600.0


@dataclass(eq=False)
class _PendingChange:
    whose: str
    issue_id: str
    changes: Mapping[str, Any]
    make: Callable[[], object]
    refused: Callable[[IssuesError], bool]
    doing: str
    done: str
    failed: str
    begun: float = field(default_factory=time.monotonic)
    over: bool = False
    undone: bool = False
    error: IssuesError | None = None
    _lock: Lock = field(default_factory=Lock)

    def finish(self) -> None:
        """Make the change, unless it is made or undone already."""
        with self._lock:
            if self.over:
                return
            try:
                self.make()
                _pending_changes.discard(self)
            except IssuesError as error:
                self.error = error
            except Exception:
                self.error = IssuesError()  # To be told: it is not made.
                raise
            finally:
                self.over = True

    def undo(self) -> None:
        """Have it not made, unless it is made already."""
        with self._lock:
            self.undone = self.undone or not self.over
            self.over = True
            _pending_changes.discard(self)


def schedule_change(
    issue: Issue,
    changes: Mapping[str, Any],
    make: Callable[[], object],
    refused: Callable[[IssuesError], bool],
    *,
    doing: str,
    done: str,
    failed: str,
) -> None:
    """Call ``make`` in a few seconds, unless undone; until then `preview` applies ``changes``.

    What was held before is made first. ``doing``, ``done`` and ``failed`` tell a person what is
    happening, that it has happened, and that it has not; an error that ``refused`` has told
    already, for which it returns True, is not told again.
    """
    send_pending()
    for old in tuple(_pending_changes):
        if old.over and time.monotonic() - old.begun > _KEEP_UNREPORTED_SECONDS:
            _pending_changes.discard(old)
    held = _PendingChange(_identify_owner(), issue.id, changes, make, refused, doing, done, failed)
    _pending_changes.add(held)
    timer = Timer(UNDO_SECONDS, held.finish)
    timer.daemon = True  # A server that stops makes what waits by itself: `send_all_pending`.
    timer.start()
    st.session_state[_PENDING_KEY] = held


def send_pending() -> bool:
    """Make now what is held, in this tab and in others of the same sign-in; whether all is made."""
    here = st.session_state.pop(_PENDING_KEY, None)
    waiting = dict.fromkeys([*([here] if here else []), *_list_of_sign_in()])
    for held in waiting:
        held.finish()
        _report_outcome(held)
    return all(held.error is None for held in waiting)


def preview(issue: Issue) -> Issue:
    """An issue as it will be, by what `render_bar` shows or what was held since."""
    held = st.session_state.get(_PENDING_KEY)
    if not isinstance(held, _PendingChange) or held.issue_id != issue.id:
        return issue
    return issue.model_copy(update=dict(held.changes))


def is_being_deleted(issue: Issue) -> bool:
    """Whether an issue is being deleted."""
    return issue.state != IssueState.DELETED and preview(issue).state == IssueState.DELETED


def render_bar() -> None:
    """What is held, with the way back; or what came of it."""
    held = _get_current()
    while held and held.over:
        st.session_state.pop(_PENDING_KEY, None)
        _report_outcome(held)
        held = _get_current()
    with st.container(
        key="held", horizontal=True, vertical_alignment="center", border=held is not None
    ):
        if held:
            st.session_state[_PENDING_KEY] = held
            st.write(held.doing)
            st.button(
                _("Undo"),
                icon=":material/undo:",
                type="primary",
                key="undo",
                on_click=cancel_pending,
            )
            _rerun_when_sent(held)


def cancel_pending() -> None:
    """Have what is held not made."""
    if held := _get_current():
        held.undo()
        st.session_state.pop(_PENDING_KEY, None)
        _report_outcome(held)
    else:
        messages.show_next_run(
            _("There is nothing to undo, or not any more."), icon=":material/info:"
        )


def send_all_pending() -> None:
    """Make all that waits: the server stops."""
    for held in tuple(_pending_changes):
        held.finish()
        if held.error:
            log.warning("a change that waited to be made could not be made")


@st.fragment(run_every=1)
def _rerun_when_sent(held: _PendingChange) -> None:
    if held.over:
        st.rerun()


def _get_current() -> _PendingChange | None:
    """What this tab shows as held until it has told what came of it, else what another holds."""
    held = st.session_state.get(_PENDING_KEY)
    if isinstance(held, _PendingChange):
        return held
    return next(iter(_list_of_sign_in()), None)


def _list_of_sign_in() -> list[_PendingChange]:
    """What waits, or could not be made, of the same sign-in, in whatever tab."""
    whose = _identify_owner()
    return [held for held in tuple(_pending_changes) if whose and held.whose == whose]


def _identify_owner() -> str:
    return current_user.identify_sign_in(current_user.get_sign_in())


def _report_outcome(held: _PendingChange) -> None:
    _pending_changes.discard(held)
    if held.undone:
        messages.show_next_run(_("Undone."), icon=":material/undo:")
    elif held.error is None:
        messages.show_next_run(held.done)
    elif not held.refused(held.error):
        messages.show_failure_next_run(held.error, doing=held.failed)
