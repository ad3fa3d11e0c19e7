"""The outcome of the last sign-in or sign-out, for the sign-in page to tell."""

import uuid

import streamlit as st

_SIGN_OUT_ID_KEY = "just_signed_out"

NOT_SIGNED_IN_KEY = "not_signed_in"

_REVOCATION_UNSAVED_KEY = "sign_in_copies_hold"
"""Whether the person has signed out here, but copies of the cookie may work again after a start."""

_CHANGE_LOST_KEY = "change_lost"
"""Whether the change that the person made last could not be saved before they signed out."""


def note_sign_out() -> None:
    """The person has come back from signing out at the provider."""
    st.session_state[_SIGN_OUT_ID_KEY] = uuid.uuid4().hex


def get_sign_out_id() -> str:
    """Names the signing out, if that was the last thing that happened; else nothing."""
    return str(st.session_state.get(_SIGN_OUT_ID_KEY, ""))


def is_revocation_unsaved() -> bool:
    """Whether the last sign-out could not be written down, so that it ends with this process."""
    return _REVOCATION_UNSAVED_KEY in st.session_state


def note_unsaved_revocation() -> None:
    """The sign-out could not be written down."""
    st.session_state[_REVOCATION_UNSAVED_KEY] = True


def is_change_lost() -> bool:
    """Whether the change that was made last could not be saved before the person signed out."""
    return _CHANGE_LOST_KEY in st.session_state


def note_lost_change() -> None:
    """The change that was made last could not be saved."""
    st.session_state[_CHANGE_LOST_KEY] = True


def note_failed_sign_in() -> None:
    """The person has come back from the provider as a visitor."""
    st.session_state[NOT_SIGNED_IN_KEY] = True


def clear() -> None:
    """Something else has happened since."""
    st.session_state.pop(_SIGN_OUT_ID_KEY, None)
    st.session_state.pop(NOT_SIGNED_IN_KEY, None)
    st.session_state.pop(_REVOCATION_UNSAVED_KEY, None)
    st.session_state.pop(_CHANGE_LOST_KEY, None)
