"""How each failure is told to a person: what happened, that nothing is lost, what to do."""

import logging

import streamlit as st

from api import errors

log = logging.getLogger(__name__)

KEPT = "Nothing you typed is lost."


def failure(error: errors.IssuesError, *, doing: str, kept: bool = False) -> None:
    """Tell that ``doing`` ("send your report") did not work, and what to do about it."""
    text = f"We could not {doing}. {_reason(error)}"
    st.error(f"{text} {KEPT}" if kept else text, icon=":material/error:")


def crashed(error: Exception) -> bool:
    """Tell that the page itself failed, without a traceback, which goes to the log."""
    log.error("a page failed", exc_info=error)
    st.error(
        "Something failed on this page. Reload it; if it stays, tell an operator."
        " A report that you were writing is kept in this browser tab.",
        icon=":material/error:",
    )
    return True


def _reason(error: errors.IssuesError) -> str:
    match error:
        case errors.Unreachable():
            return "The server does not answer at the moment. Try again shortly."
        case errors.RateLimited():
            wait = f"{error.retry_after:.0f} seconds" if error.retry_after else "a minute"
            return f"There were too many attempts. Wait {wait} and try again."
        case errors.Unauthenticated():
            return "Your sign-in has ended. Sign in again."
        case errors.Forbidden() | errors.Invalid():
            return _sentence(str(error))
        case errors.NotFound():
            return "It does not exist (any more), or it is not yours to see."
        case errors.Conflict() | errors.PreconditionFailed():
            return "It was changed in the meantime. Reload the page and look at it again."
        case errors.NotSupported():
            return "This server cannot do that."
        case _:
            return (
                "Something failed on the server. Try again shortly; if it stays, tell an operator."
            )


def _sentence(text: str) -> str:
    # From a server's problem document: words of a program, shown as plain text.
    plain = "".join(c if c.isalnum() or c in " .,;:'-()" else " " for c in text).strip()
    return plain if plain.endswith(".") else plain + "."


_PENDING = "notice"


def next_run(text: str) -> None:
    """Say ``text`` once the page has been run again."""
    st.session_state[_PENDING] = text


def say_pending() -> None:
    """Say what `next_run` left to say."""
    if text := st.session_state.pop(_PENDING, None):
        st.toast(text, icon=":material/check:")
