"""The outcome of the last sign-in or sign-out, for the sign-in page to show."""

import uuid

import streamlit as st

_SIGN_OUT_ID_KEY = "sign_out_id"

_IS_SIGNING_OUT_KEY = "is_signing_out"
"""Present from a sign-out until the sign-in page shows it."""

_SIGN_IN_FAILED_KEY = "sign_in_failed"

_REVOCATION_UNSAVED_KEY = "revocation_unsaved"
"""Present if the sign-out was not written to disk: after a restart, copied cookies work again."""


def note_sign_out() -> None:
    """Note that the user has signed out."""
    st.session_state[_SIGN_OUT_ID_KEY] = uuid.uuid4().hex
    st.session_state[_IS_SIGNING_OUT_KEY] = True


def take_sign_out() -> bool:
    """Return whether the user has just signed out. True once after a sign-out."""
    return bool(st.session_state.pop(_IS_SIGNING_OUT_KEY, False))


def get_sign_out_id() -> str:
    """Return the id of the sign-out that just happened, or "".

    The page tells the browser's other tabs that the user has signed out. It does so once for each
    id, although the page reruns.
    """
    return str(st.session_state.get(_SIGN_OUT_ID_KEY, ""))


def is_revocation_unsaved() -> bool:
    """Return whether the last sign-out could not be written to disk: a restart would undo it."""
    return _REVOCATION_UNSAVED_KEY in st.session_state


def note_unsaved_revocation() -> None:
    """Note that the sign-out could not be written to disk."""
    st.session_state[_REVOCATION_UNSAVED_KEY] = True


def has_sign_in_failed() -> bool:
    """Return whether the user came back from the provider without a sign-in."""
    return _SIGN_IN_FAILED_KEY in st.session_state


def note_failed_sign_in() -> None:
    """Note that the user came back from the provider without a sign-in."""
    st.session_state[_SIGN_IN_FAILED_KEY] = True


def clear() -> None:
    """Forget the outcome, after the user has opened another page."""
    st.session_state.pop(_SIGN_OUT_ID_KEY, None)
    st.session_state.pop(_SIGN_IN_FAILED_KEY, None)
    st.session_state.pop(_REVOCATION_UNSAVED_KEY, None)
