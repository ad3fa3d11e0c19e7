"""The one place that tells a person about a failure.

Each message says what happened, that nothing is lost, and what to do.
"""

import logging
from functools import partial
from typing import Final

import streamlit as st

from auth import api_backend
from components.ui.i18n import _, ngettext
from components.ui.plain_text import format_sentence
from issue_portal.client import errors

log = logging.getLogger(__name__)

_PENDING_KEY: Final = "notices"


def render_failure(error: errors.IssuesError, *, doing: str, kept: bool = False) -> None:
    """Show what failed (``doing``: "We could not send your report."), why, and what to do.

    ``kept`` adds that the person's input is safe.
    """
    st.error(format_failure(error, doing=doing, kept=kept), icon=":material/error:")


def format_failure(error: errors.IssuesError, *, doing: str, kept: bool = False) -> str:
    """Format the text of `render_failure`."""
    text = [doing, explain_failure(error)]
    if kept:
        text.append(_("Nothing you typed is lost."))
    return " ".join(text)


def render_crash(error: Exception) -> bool:
    """Log an unexpected error of a page and show that the page failed, without a traceback.

    Returns True, which tells Streamlit that the error is handled.
    """
    log.error("a page failed", exc_info=error)
    st.error(
        _(
            "Something failed on this page. Reload it; if it stays, tell an operator."
            " A report that you were writing is kept in this browser tab."
        ),
        icon=":material/error:",
    )
    return True


def explain_failure(error: errors.IssuesError) -> str:
    """Explain why a call failed, and that it may have succeeded if its end is unknown."""
    doubt = _("It may have arrived all the same.")
    return f"{explain_cause(error)} {doubt}" if error.unsure else explain_cause(error)


def explain_cause(error: errors.IssuesError) -> str:
    """Explain why a call failed and what to do about it."""
    match error:
        case errors.UnreachableError():
            return _("The server does not answer at the moment. Try again shortly.")
        case errors.RateLimitError():
            seconds = round(error.retry_after or 60)
            text = ngettext(
                "There were too many attempts. Wait {count} second and try again.",
                "There were too many attempts. Wait {count} seconds and try again.",
                seconds,
            )
            return text.format(count=seconds)
        case errors.AuthenticationError() if not api_backend.get_backend().is_ours:
            # The server refuses the token that an operator gave the portal.
            return _(
                "The server that keeps the issues does not let you in. Tell an operator:"
                " your access to it has to be set up."
            )
        case errors.AuthenticationError():
            return _("Your sign-in has ended. Sign in again.")
        case errors.PermissionDeniedError() | errors.BadRequestError():
            return format_sentence(str(error))
        case errors.NotFoundError():
            return _("It does not exist (any more), or it is not yours to see.")
        case errors.ConflictError() | errors.PreconditionFailedError():
            return _("It was changed in the meantime. Reload the page and look at it again.")
        case errors.NotSupportedError():
            return _("This server cannot do that.")
        case _:
            text = _(
                "Something failed on the server. Try again shortly; if it stays, tell an operator."
            )
            if error.request_id:
                text += " " + _("The code is {code}.").format(code=error.request_id)
            return text


def show_next_run(text: str, *, icon: str = ":material/check:") -> None:
    """Show a toast on the next run of the page."""
    st.session_state.setdefault(_PENDING_KEY, []).append(partial(st.toast, text, icon=icon))


def show_failure_next_run(error: errors.IssuesError, *, doing: str, kept: bool = False) -> None:
    """Show a failure (see `render_failure`) on the next run of the page."""
    show = partial(render_failure, error, doing=doing, kept=kept)
    st.session_state.setdefault(_PENDING_KEY, []).append(show)


def render_pending() -> None:
    """Show the messages left by `show_next_run` and `show_failure_next_run`."""
    pending = st.session_state.get(_PENDING_KEY, [])
    while pending:
        pending[0]()
        # Removed last: Streamlit may stop the run before the message is out.
        pending.pop(0)
