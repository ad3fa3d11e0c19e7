"""The question before an issue is deleted on a server that cannot restore it."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from components.ui.i18n import _
from issue_portal.models.responses import Issue

_QUESTION_KEY: Final = "delete_question"


def ask(seen: Issue, *, withdraw: bool) -> None:
    """Open the dialog on the next run. With ``withdraw``, it says "withdraw"."""
    st.session_state[_QUESTION_KEY] = (seen, withdraw)


def render(on_confirm: Callable[..., None]) -> None:
    """Render the question, if any; call ``on_confirm`` with the issue if the answer is yes."""
    seen, withdraw = st.session_state.get(_QUESTION_KEY, (None, False))
    if seen is not None:
        title = _("Withdraw #{number}?") if withdraw else _("Delete #{number}?")
        dialog = st.dialog(title.format(number=seen.issue_number), on_dismiss=_forget_question)
        dialog(_render_question)(seen, on_confirm, withdraw=withdraw)


def _render_question(seen: Issue, on_confirm: Callable[..., None], *, withdraw: bool) -> None:
    st.write(_("This can't be undone."))

    def confirm() -> None:
        _forget_question()
        on_confirm(seen, withdraw=withdraw)

    with st.container(horizontal=True, key="delete_confirm"):
        label = _("Withdraw") if withdraw else _("Delete")
        if st.button(label, type="primary", key="delete_confirmed", on_click=confirm):
            st.rerun()
        if st.button(_("Cancel"), key="delete_cancelled", on_click=_forget_question):
            st.rerun()


def _forget_question() -> None:
    st.session_state.pop(_QUESTION_KEY, None)
