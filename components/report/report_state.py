"""The session state of the report page, except for the values of its widgets."""

import uuid
from collections.abc import Mapping
from typing import Final

import streamlit as st

from components.report.prefill import LINK_PARAMETERS_KEY, LINK_VALUES_KEY, Prefill
from components.report.report_input import PROJECT_CHOICE_KEY, WIDGET_KEYS
from components.report.report_sending import FALLBACK_ID_KEY, SENDING_KEY, get_sending
from components.report.submitted_report import SubmittedReport
from components.ui import query_params

_SIGN_IN_CLICK_ID_KEY: Final = "report_by_name"
_ANOTHER_REPORT_KEY: Final = "another_report"
_FAULTS_KEY: Final = "report_faults"
_UNFOLDED_KEY: Final = "report_references_unfolded"


def remember_sent_report(sent: SubmittedReport) -> None:
    """Keep the report that was just sent, to show its number and receipt."""
    get_sending().sent = sent
    st.session_state.pop(_ANOTHER_REPORT_KEY, None)


def request_send_after_sign_in() -> None:
    """Note that the person pressed "Sign in and send"."""
    st.session_state[_SIGN_IN_CLICK_ID_KEY] = uuid.uuid4().hex


def get_sign_in_click_id() -> str:
    """Return the id of the click on "Sign in and send" that led to the sign-in page, or ""."""
    return str(st.session_state.get(_SIGN_IN_CLICK_ID_KEY, ""))


def forget_send_request() -> None:
    """Forget the click on "Sign in and send", because the person is back at the form."""
    st.session_state.pop(_SIGN_IN_CLICK_ID_KEY, None)


def get_server_faults() -> Mapping[str, str]:
    """Return the reasons why the server refused the report on screen, by widget key."""
    return dict(st.session_state.get(_FAULTS_KEY, {}))


def remember_server_faults(faults: Mapping[str, str]) -> None:
    """Keep the reasons why the server refused the report, by widget key, for the next runs."""
    st.session_state[_FAULTS_KEY] = dict(faults)


def unfold_references() -> bool:
    """Unfold the references of the report; return False if they were already unfolded."""
    is_new = not are_references_unfolded()
    st.session_state[_UNFOLDED_KEY] = True
    return is_new


def are_references_unfolded() -> bool:
    """Return whether a refusal has unfolded the thread, the interaction and the project."""
    return _UNFOLDED_KEY in st.session_state


def start_another_report() -> None:
    """Clear the form for another report, but keep the choice between anonymous and by name."""
    for key in (
        SENDING_KEY,
        FALLBACK_ID_KEY,
        _FAULTS_KEY,
        _UNFOLDED_KEY,
        PROJECT_CHOICE_KEY,
        LINK_VALUES_KEY,
        LINK_PARAMETERS_KEY,
        *(key for field, key in WIDGET_KEYS.items() if field != "anonymous"),
    ):
        st.session_state.pop(key, None)
    query_params.change(**dict.fromkeys(Prefill.list_names(), ""))
    st.session_state[_ANOTHER_REPORT_KEY] = True


def is_another_report() -> bool:
    """Return whether the person has chosen to write another report."""
    return _ANOTHER_REPORT_KEY in st.session_state
