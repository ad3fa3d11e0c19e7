"""How each failure is told to a person: what happened, that nothing is lost, what to do."""

import logging
from functools import partial

import streamlit as st

from auth import api_backend
from components.ui.i18n import _, ngettext
from issue_portal.client import errors

log = logging.getLogger(__name__)


def render_failure(error: errors.IssuesError, *, doing: str, kept: bool = False) -> None:
    """Tell what did not work ("We could not send your report."), why, and what to do about it."""
    st.error(format_failure(error, doing=doing, kept=kept), icon=":material/error:")


def format_failure(error: errors.IssuesError, *, doing: str, kept: bool = False) -> str:
    """The same, as a text."""
    text = [doing, explain_failure(error)]
    if kept:
        text.append(_("Nothing you typed is lost."))
    return " ".join(text)


def render_crash(error: Exception) -> bool:
    """Tell that the page itself failed, without a traceback, which goes to the log."""
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
    """The `explain_cause`, and that it may have worked all the same if that is not known."""
    doubt = _("It may have arrived all the same.")
    return f"{explain_cause(error)} {doubt}" if error.unsure else explain_cause(error)


def explain_cause(error: errors.IssuesError) -> str:
    """Why something did not work, and what to do about it."""
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
        case errors.AuthenticationError() if not api_backend.get_backend().ours:
            # The token that an operator gave the portal, for this person or for visitors.
            return _(
                "The server that keeps the issues does not let you in. Tell an operator:"
                " your access to it has to be set up."
            )
        case errors.AuthenticationError():
            return _("Your sign-in has ended. Sign in again.")
        case errors.PermissionDeniedError() | errors.BadRequestError():
            return strip_markup(str(error))
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


def strip_markup(text: str) -> str:
    """A sentence of a server, which can be anything: without the signs of Markdown and HTML."""
    words = "".join(c if c.isalnum() or c in " .,;:'-()" else " " for c in text).strip()
    return words if words.endswith(".") else words + "."


_PENDING_KEY = "notices"


def show_next_run(text: str, *, icon: str = ":material/check:") -> None:
    """Say ``text`` once the page has been run again."""
    st.session_state.setdefault(_PENDING_KEY, []).append(partial(st.toast, text, icon=icon))


def show_failure_next_run(error: errors.IssuesError, *, doing: str, kept: bool = False) -> None:
    """Tell of a failure once the page has been run again: see `render_failure`."""
    say = partial(render_failure, error, doing=doing, kept=kept)
    st.session_state.setdefault(_PENDING_KEY, []).append(say)


def render_pending() -> None:
    """Say what `show_next_run` and `show_failure_next_run` left to say."""
    pending = st.session_state.get(_PENDING_KEY, [])
    while pending:
        pending[0]()
        # Only now: a run that is broken off has not said it.
        pending.pop(0)
