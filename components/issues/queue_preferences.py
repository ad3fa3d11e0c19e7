"""How a person likes to work through the review queue."""

from typing import Final

import streamlit as st

from components.ui import preferences
from components.ui.i18n import _

_DENSITY: Final = "density"
_ADVANCE: Final = "advance"
_COMPACT_KEY: Final = "is_compact"
_ADVANCE_KEY: Final = "opens_next"


def is_compact() -> bool:
    """Return whether the rows of the queue are low."""
    return preferences.read(_DENSITY) == "compact"


def opens_next() -> bool:
    """Return whether closing an issue opens the next one; the default."""
    return preferences.read(_ADVANCE) != "0"


def render_switches() -> None:
    """Render a switch for each preference."""
    # The keys are set before the widgets, so that they show a choice of an earlier visit.
    st.session_state[_COMPACT_KEY] = is_compact()
    st.session_state[_ADVANCE_KEY] = opens_next()
    st.toggle(_("Compact rows"), key=_COMPACT_KEY, on_change=_store)
    st.toggle(_("Open the next issue after closing one"), key=_ADVANCE_KEY, on_change=_store)


def _store() -> None:
    preferences.store(_DENSITY, "compact" if st.session_state[_COMPACT_KEY] else "")
    preferences.store(_ADVANCE, "" if st.session_state[_ADVANCE_KEY] else "0")
