"""What the filters of the review queue offer: people and projects, asked for now and then."""

from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st

from components import api_session
from issue_portal.client.errors import BadRequestError, NotFoundError, NotSupportedError
from issue_portal.models.requests import StatsQuery
from issue_portal.models.responses import User

_CACHE_SECONDS: Final = 60
_RECENT_DAYS: Final = 90
"""Whose projects are counted."""


@st.cache_resource(ttl=_CACHE_SECONDS, scope="session", show_spinner=False)
def fetch_users() -> tuple[User, ...]:
    """Everyone of the organisation."""
    return api_session.client().users()


@st.cache_resource(ttl=_CACHE_SECONDS, scope="session", show_spinner=False)
def fetch_project_ids() -> tuple[str, ...]:
    """The ids of the projects with the most issues of late, where the server counts."""
    since = datetime.now(UTC) - timedelta(days=_RECENT_DAYS)
    try:
        found = api_session.client().stats(StatsQuery(start_date=int(since.timestamp() * 1000)))
    except (BadRequestError, NotFoundError, NotSupportedError):
        return ()
    return tuple(each.project.id for each in found.by_project)
