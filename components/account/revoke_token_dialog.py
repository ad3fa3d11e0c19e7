"""The question before an API token is revoked."""

import html
from collections.abc import Sequence
from typing import Final

import streamlit as st

from components import api_session
from components.ui import focus, messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.models.responses import ApiToken

_QUESTION_KEY: Final = "revoke_question"


def ask(token: ApiToken, next_keys: Sequence[str]) -> None:
    """Open the dialog on the next run.

    After the token is revoked, the first widget of ``next_keys`` gets the focus.
    """
    st.session_state[_QUESTION_KEY] = (token, next_keys)


def render() -> None:
    """Render the question, if any; revoke the token if the answer is yes."""
    question: tuple[ApiToken, Sequence[str]] | None = st.session_state.get(_QUESTION_KEY)
    if question is not None:
        dialog = st.dialog(_("Revoke this token?"), on_dismiss=_cancel)
        dialog(_render_question)(*question)


def _render_question(token: ApiToken, next_keys: Sequence[str]) -> None:
    name = f"<b><bdi>{html.escape(token.name)}</bdi></b>" if token.name else _("this token")
    text = _("Programs that use {name} will stop working immediately. This can't be undone.")
    st.html(f"<p>{text.format(name=name)}</p>")

    def confirm() -> None:
        _forget_question()
        _revoke(token, next_keys)

    with st.container(horizontal=True, key="delete_confirm"):
        if st.button(_("Revoke"), type="primary", key="revoke_confirmed", on_click=confirm):
            st.rerun()
        if st.button(_("Cancel"), key="revoke_cancelled", on_click=_cancel):
            st.rerun()


def _cancel() -> None:
    """Close the dialog, and go back to the button that opened it."""
    if _QUESTION_KEY in st.session_state:
        token, _next_keys = st.session_state[_QUESTION_KEY]
        focus.move_to(f"revoke_{token.id}")
    _forget_question()


def _revoke(token: ApiToken, next_keys: Sequence[str]) -> None:
    try:
        api_session.client().revoke_token(token.id)
    except NotFoundError:
        pass  # Somebody revoked it in the meantime.
    except IssuesError as error:
        messages.show_failure_on_next_run(error, failed=_("We couldn't revoke the token."))
        focus.move_to(f"revoke_{token.id}")
        return
    focus.move_to(*next_keys)
    messages.show_on_next_run(_("Token revoked"))


def _forget_question() -> None:
    st.session_state.pop(_QUESTION_KEY, None)
