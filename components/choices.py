"""What the filters of the review queue offer: people and projects, asked for now and then."""

from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st

from api.contract import StatsQuery, User
from api.errors import Invalid, NotFound, NotSupported
from components import session

_SECONDS: Final = 60
_DAYS: Final = 90
"""Whose projects are counted."""


@st.cache_resource(ttl=_SECONDS, scope="session", show_spinner=False)
def people() -> tuple[User, ...]:
    """Everyone of the organisation."""
    return session.client().users()


@st.cache_resource(ttl=_SECONDS, scope="session", show_spinner=False)
def projects() -> tuple[str, ...]:
    """The ids of the projects with the most issues of late, where the server counts."""
    since = datetime.now(UTC) - timedelta(days=_DAYS)
    try:
        found = session.client().stats(StatsQuery(start_date=int(since.timestamp() * 1000)))
    except (Invalid, NotFound, NotSupported):
        return ()
    return tuple(each.project.id for each in found.by_project)
