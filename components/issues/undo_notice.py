"""The notice of the last change, with a button that undoes it within ten seconds.

The browser stores what to undo, counts the seconds, and shows the notice in all its tabs.
"""

import time
from typing import Final

import streamlit as st

from auth import current_user
from components import api_session
from components.issues.undo import UndoRecord, parse_record
from components.report import draft_autosave
from components.ui import js_component, messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError, PreconditionFailedError

UNDO_SECONDS: Final = 10

_NOTICE_KEY: Final = "undo_notice"
_OFFER_KEY: Final = "undo_offer"
_HANDLED_KEY: Final = "undo_handled"


def show(text: str, record: UndoRecord | None) -> None:
    """Tell on the next run what was done, and offer to undo it if there is a ``record``."""
    if record is None:
        st.session_state.pop(_OFFER_KEY, None)
        messages.show_on_next_run(text)
    else:
        st.session_state[_OFFER_KEY] = (record, time.monotonic())


def render(shortcut: str = "") -> None:
    """Undo the change whose button was pressed, in this or an earlier session; mount the notice.

    The button shows the key ``shortcut``, if any.
    """
    sent = (st.session_state.get(_NOTICE_KEY) or {}).get("requested")
    requested = parse_record(sent)
    if requested and requested.id != st.session_state.get(_HANDLED_KEY):
        _undo(requested)
    elif sent and requested is None:
        # Another version of the portal has stored the record.
        st.session_state[_HANDLED_KEY] = sent.get("id") if isinstance(sent, dict) else None
        messages.show_on_next_run(_("Nothing to undo"), icon=":material/info:")
    offer, _offered_at = st.session_state.get(_OFFER_KEY, (None, 0))
    js_component.mount(
        __file__,
        key=_NOTICE_KEY,
        data={
            "owner": draft_autosave.hash_owner(current_user.get_person()),
            "offer": offer and offer.model_dump(mode="json"),
            "handled": st.session_state.get(_HANDLED_KEY),
            "seconds": UNDO_SECONDS,
            "undo": _("Undo"),
            "shortcut": shortcut,
        },
    )


def undo_latest() -> None:
    """Undo the last change of this tab, before the browser shows its notice."""
    record, offered_at = st.session_state.get(_OFFER_KEY, (None, 0))
    if record is None or time.monotonic() - offered_at > UNDO_SECONDS:
        messages.show_on_next_run(_("Nothing to undo"), icon=":material/info:")
    else:
        _undo(record)


def forget() -> None:
    """Remove the notice from all tabs of the browser after a sign-out."""
    js_component.mount(__file__, key="undo_notice_forget", data={"forget": True})


def _undo(record: UndoRecord) -> None:
    """Undo a change, and say so on the next run. After a failure, offer it again."""
    st.session_state[_HANDLED_KEY] = record.id
    st.session_state.pop(_OFFER_KEY, None)
    try:
        record.apply(api_session.client())
    except (PreconditionFailedError, NotFoundError):
        messages.show_on_next_run(record.format_conflict(), icon=":material/info:")
    except IssuesError as error:
        messages.show_failure_on_next_run(error, failed=_("We couldn't undo your change."))
        show(record.text, record.renew())
    else:
        messages.show_on_next_run(_("Undone"), icon=":material/undo:")
