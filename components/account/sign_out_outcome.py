"""The outcome of the last sign-in or sign-out, which the sign-in page shows."""

import uuid

import streamlit as st

_SIGN_OUT_ID_KEY = "just_signed_out"

NOT_SIGNED_IN_KEY = "not_signed_in"

_REVOCATION_UNSAVED_KEY = "sign_in_copies_hold"
"""Present if the sign-out was not written to disk: after a restart, copies of the cookie work."""

_CHANGE_LOST_KEY = "change_lost"
"""Present if the user's last change could not be saved before the sign-out."""


def note_sign_out() -> None:
    """Note that the user has signed out."""
    st.session_state[_SIGN_OUT_ID_KEY] = uuid.uuid4().hex


def get_sign_out_id() -> str:
    """Return the id of the sign-out that just happened, or ""."""
    return str(st.session_state.get(_SIGN_OUT_ID_KEY, ""))


def is_revocation_unsaved() -> bool:
    """Return whether the last sign-out was not written to disk, so that a restart forgets it."""
    return _REVOCATION_UNSAVED_KEY in st.session_state


def note_unsaved_revocation() -> None:
    """Note that the sign-out could not be written to disk."""
    st.session_state[_REVOCATION_UNSAVED_KEY] = True


def is_change_lost() -> bool:
    """Return whether the user's last change could not be saved before the sign-out."""
    return _CHANGE_LOST_KEY in st.session_state


def note_lost_change() -> None:
    """Note that the user's last change could not be saved."""
    st.session_state[_CHANGE_LOST_KEY] = True


def note_failed_sign_in() -> None:
    """Note that the user came back from the provider without a sign-in."""
    st.session_state[NOT_SIGNED_IN_KEY] = True


def clear() -> None:
    """Forget the outcome, once the user has moved on."""
    st.session_state.pop(_SIGN_OUT_ID_KEY, None)
    st.session_state.pop(NOT_SIGNED_IN_KEY, None)
    st.session_state.pop(_REVOCATION_UNSAVED_KEY, None)
    st.session_state.pop(_CHANGE_LOST_KEY, None)
