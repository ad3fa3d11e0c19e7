"""The outcome of the last sign-in or sign-out, for the sign-in page to tell."""

import uuid

import streamlit as st

_JUST_SIGNED_OUT = "just_signed_out"

NOT_SIGNED_IN_KEY = "not_signed_in"

_COPIES_HOLD = "sign_in_copies_hold"
"""Whether the person has signed out here, but copies of the cookie may work again after a start."""

_CHANGE_LOST = "change_lost"
"""Whether the change that the person made last could not be saved before they signed out."""


def note_sign_out() -> None:
    """The person has come back from signing out at the provider."""
    st.session_state[_JUST_SIGNED_OUT] = uuid.uuid4().hex


def just_signed_out() -> str:
    """Names the signing out, if that was the last thing that happened; else nothing."""
    return str(st.session_state.get(_JUST_SIGNED_OUT, ""))


def copies_may_hold() -> bool:
    """Whether the last sign-out could not be written down, so that it ends with this process."""
    return _COPIES_HOLD in st.session_state


def note_that_copies_may_hold() -> None:
    """The sign-out could not be written down."""
    st.session_state[_COPIES_HOLD] = True


def change_is_lost() -> bool:
    """Whether the change that was made last could not be saved before the person signed out."""
    return _CHANGE_LOST in st.session_state


def note_that_change_is_lost() -> None:
    """The change that was made last could not be saved."""
    st.session_state[_CHANGE_LOST] = True


def note_failure() -> None:
    """The person has come back from the provider as a visitor."""
    st.session_state[NOT_SIGNED_IN_KEY] = True


def forget_sign_out() -> None:
    """Something else has happened since."""
    st.session_state.pop(_JUST_SIGNED_OUT, None)
    st.session_state.pop(NOT_SIGNED_IN_KEY, None)
    st.session_state.pop(_COPIES_HOLD, None)
    st.session_state.pop(_CHANGE_LOST, None)
