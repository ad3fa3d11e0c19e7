"""Moves the keyboard focus to where the person goes on after an act."""

import uuid
from typing import Final

import streamlit as st

from components.ui import js_component

_TARGET_KEY: Final = "focus_target"


def move_to(*keys: str) -> None:
    """Move the focus after the next run, to the first of these widgets or containers in view."""
    st.session_state[_TARGET_KEY] = {"id": uuid.uuid4().hex, "keys": keys}


def get_move_id() -> str:
    """Return an identifier of the last move; "" if there was none."""
    return str(st.session_state.get(_TARGET_KEY, {}).get("id", ""))


def mount_script() -> None:
    """Move the focus as the last act asked for. A page that uses `move_to` calls this last."""
    js_component.mount(__file__, key="focus", data=st.session_state.get(_TARGET_KEY, {}))
