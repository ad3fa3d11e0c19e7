"""Reads the receipt in the fragment of a link to the Track page, which no server sees."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from components.ui import js_component

_KEY: Final = "track_link"


def mount_script(on_receipt: Callable[[str], None], shown: str) -> None:
    """Call ``on_receipt`` with the receipt in the fragment, once for each link.

    ``shown`` is the receipt on the page: the script removes a fragment with another one.
    """

    def handle_receipt() -> None:
        receipt = st.session_state[_KEY].receipt
        if isinstance(receipt, str):
            on_receipt(receipt)

    js_component.mount(__file__, key=_KEY, data={"shown": shown}, on_receipt_change=handle_receipt)
