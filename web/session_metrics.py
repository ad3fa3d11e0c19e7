"""The portal's own number for Prometheus: how many browser tabs are connected to this process."""

from prometheus_client import Gauge
from streamlit.runtime import get_instance
from streamlit.runtime.stats import ACTIVE_SESSIONS_FAMILY, GaugeStat


def watch_sessions() -> None:
    """Have the numbers of this process include it. Once, when the server starts."""
    gauge = Gauge("issue_portal_sessions", "Browser tabs that are connected.")
    gauge.set_function(_connected)


def _connected() -> float:
    stats = get_instance().stats_mgr.get_stats(family_names=[ACTIVE_SESSIONS_FAMILY])
    return sum(stat.value for stat in stats[ACTIVE_SESSIONS_FAMILY] if isinstance(stat, GaugeStat))
