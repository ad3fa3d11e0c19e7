"""The portal's own number for Prometheus: how many browser tabs are connected to this process."""

from prometheus_client import Gauge

from web import streamlit_compat


def watch_sessions() -> None:
    """Have the numbers of this process include it. Once, when the server starts."""
    gauge = Gauge("issue_portal_sessions", "Browser tabs that are connected.")
    gauge.set_function(streamlit_compat.count_active_sessions)
