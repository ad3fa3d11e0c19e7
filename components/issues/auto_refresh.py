"""Poll the server every 10 seconds, and rerun the page when its data has changed."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from components.account import require_sign_in
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.models.permissions import Action

_POLL_SECONDS: Final = 10
_JUST_RENDERED: Final = "live_now"


def rerun_on_change(fetch: Callable[[], object], shown: object) -> None:
    """Rerun the page as soon as ``fetch`` returns something other than ``shown``.

    If ``fetch`` raises `NotFoundError`, its result is None.
    """
    # The page has just fetched its data, so the first run of the fragment does not poll.
    st.session_state[_JUST_RENDERED] = True
    _poll(fetch, shown)


@st.fragment(run_every=_POLL_SECONDS)
def _poll(fetch: Callable[[], object], shown: object) -> None:
    if st.session_state.pop(_JUST_RENDERED, False):
        return
    require_sign_in.require_in_fragment(Action.READ_OWN)
    try:
        current = fetch()
    except NotFoundError:
        current = None
    except IssuesError:
        # Leave the page as it is: the person's next action shows the failure.
        return
    if current != shown:
        st.rerun()
