"""A page that follows what others change: it looks now and then, and is drawn anew only then."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from components.account import require_sign_in
from issue_portal.client.errors import IssuesError, NotFoundError

_POLL_SECONDS: Final = 10
_JUST_RENDERED: Final = "live_now"


def rerun_on_change(look: Callable[[], object], shown: object) -> None:
    """Run the page of a person again as soon as ``look`` finds something else than ``shown``."""
    # The page itself has just looked: its own run is not one of those that come by the clock.
    st.session_state[_JUST_RENDERED] = True
    _poll(look, shown)


@st.fragment(run_every=_POLL_SECONDS)
def _poll(look: Callable[[], object], shown: object) -> None:
    if st.session_state.pop(_JUST_RENDERED, False):
        return
    require_sign_in.require_still()
    try:
        found = look()
    except NotFoundError:
        found = None
    except IssuesError:
        # The page stays as it is; what the person does next will tell.
        return
    if found != shown:
        st.rerun()
