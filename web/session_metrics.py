"""Prometheus metric of the browser tabs that are connected to this process."""

from prometheus_client import Gauge

from web import streamlit_compat


def register_session_gauge() -> None:
    """Register the metric. Call it once, when the server starts."""
    gauge = Gauge("issue_portal_sessions", "Browser tabs that are connected.")
    gauge.set_function(streamlit_compat.count_active_sessions)
