"""The script that asks the server to set or remove the sign-in cookie."""

import streamlit as st

from auth.sign_in_cookie import TICKET_HEADER, TICKET_KEY
from components.ui import js_component


def render() -> None:
    """Mount the script if this session has a ticket for the cookie."""
    if TICKET_KEY in st.session_state:
        data = {"header": TICKET_HEADER, "ticket": st.session_state[TICKET_KEY]}
        js_component.mount(__file__, key="sign_in_cookie", data=data)
