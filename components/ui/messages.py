"""Messages about failures and outcomes.

The message of a failure says what failed, that nothing is lost, and what the person can do.
"""

import logging
import re
from functools import partial
from typing import Final

import streamlit as st

from auth import api_backend
from components.ui.i18n import _, ngettext
from components.ui.plain_text import format_sentence
from issue_portal.client import errors
from issue_portal.core.settings import get_settings

log = logging.getLogger(__name__)

_PENDING_KEY: Final = "pending_messages"


def render_failure(error: errors.IssuesError, *, failed: str) -> None:
    """Show that something failed, why, and what the person can do.

    ``failed`` is a sentence that says what failed. If the person typed something, it also says that
    the text is safe: "We couldn't send your report, but your text is safe."
    """
    st.error(format_failure(error, failed=failed), icon=":material/error:")


def format_failure(error: errors.IssuesError, *, failed: str) -> str:
    """Return the text that `render_failure` shows."""
    return f"{failed} {explain_failure(error)}"


def render_crash(error: Exception) -> bool:
    """Log an unexpected error of a page, and show a message without a traceback.

    Returns True, so that Streamlit does not show the error itself.
    """
    log.error("a page failed", exc_info=error)
    st.error(
        _(
            "Something went wrong. Reload the page; if it keeps happening, contact your"
            " administrator."
        ),
        icon=":material/error:",
    )
    return True


def explain_failure(error: errors.IssuesError) -> str:
    """Explain the error of a call; warn if the call may have taken effect nevertheless."""
    doubt = _("It may have gone through anyway.")
    return f"{explain_cause(error)} {doubt}" if error.unsure else explain_cause(error)


def explain_cause(error: errors.IssuesError) -> str:
    """Explain why a call failed, and what the person can do."""
    match error:
        case errors.UnreachableError():
            return _("The server isn't responding; try again in a moment.")
        case errors.RateLimitError():
            seconds = round(error.retry_after or 60)
            text = ngettext(
                "Too many attempts; try again in {count} second.",
                "Too many attempts; try again in {count} seconds.",
                seconds,
            )
            return text.format(count=seconds)
        case errors.AuthenticationError() if not api_backend.get_backend().accepts_portal_tokens:
            # The server refuses the token that an administrator gave the portal.
            return _("The server refused access; contact your administrator.")
        case errors.AuthenticationError():
            return _("You've been signed out. Sign in again.")
        case errors.BadRequestError() if _lacks_organisation(error):
            return _("The portal isn't set up for this server yet; contact your administrator.")
        case errors.PermissionDeniedError() | errors.BadRequestError():
            return format_sentence(str(error))
        case errors.NotFoundError():
            return _("It doesn't exist, or you don't have access to it.")
        case errors.ConflictError() | errors.PreconditionFailedError():
            return _("It has changed in the meantime; reload the page to see the current version.")
        case errors.NotSupportedError():
            return _("This server can't do that.")
        case _:
            text = _(
                "Something went wrong on the server; try again, and contact your administrator if"
                " it keeps happening."
            )
            if error.request_id:
                text += " " + _("Request ID: {code}").format(code=error.request_id)
            return text


def _lacks_organisation(error: errors.BadRequestError) -> bool:
    """Return whether the server probably requires the organisation, which is not set."""
    is_unset = (
        not api_backend.get_backend().accepts_portal_tokens and get_settings().chosen_org is None
    )
    return is_unset and bool(re.search(r"\bx-org\b|organi[sz]ation", str(error), re.IGNORECASE))


def show_on_next_run(text: str, *, icon: str = ":material/check:") -> None:
    """Show a toast on the next run of the page."""
    st.session_state.setdefault(_PENDING_KEY, []).append(partial(st.toast, text, icon=icon))


def show_failure_on_next_run(error: errors.IssuesError, *, failed: str) -> None:
    """Show a failure (see `render_failure`) on the next run of the page."""
    show = partial(render_failure, error, failed=failed)
    st.session_state.setdefault(_PENDING_KEY, []).append(show)


def render_pending() -> None:
    """Show the messages left by `show_on_next_run` and `show_failure_on_next_run`."""
    pending = st.session_state.get(_PENDING_KEY, [])
    # Render the container even when it is empty: otherwise, a message would move the elements below
    # to new places, and the browser would show some of them twice until the run ends.
    with st.container(key="messages"):
        while pending:
            pending[0]()
            # Remove a message only after showing it: Streamlit may stop the run in between.
            pending.pop(0)
