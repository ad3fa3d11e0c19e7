"""The options of the review queue's filters. Options from the server are cached for a minute."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st

from components import api_session
from components.ui import labels, user_names
from issue_portal.client.errors import (
    BadRequestError,
    NotFoundError,
    NotSupportedError,
    PermissionDeniedError,
)
from issue_portal.models.requests import StatsQuery
from issue_portal.models.vocabulary import IssueType

_CACHE_SECONDS: Final = 60
_RECENT_DAYS: Final = 90


def list_types() -> Mapping[str, str]:
    """Return the labels of all issue types, by type."""
    return {value.value: labels.format_type(value) for value in IssueType}


@st.cache_resource(ttl=_CACHE_SECONDS, scope="session", show_spinner=False)
def list_reporters() -> Mapping[str, str]:
    """Return the names of all possible reporters: the users of the organisation, by id.

    {} if the current user may not list them.
    """
    try:
        return user_names.format_distinct_names(api_session.client().users())
    except PermissionDeniedError:
        return {}


@st.cache_resource(ttl=_CACHE_SECONDS, scope="session", show_spinner=False)
def list_projects() -> Mapping[str, str]:
    """Return the projects with recent issues: each id, by itself, since projects have no names.

    {} if the server has no statistics, or the current user may not read them.
    """
    since = datetime.now(UTC) - timedelta(days=_RECENT_DAYS)
    query = StatsQuery(start_date=int(since.timestamp() * 1000))
    try:
        stats = api_session.client().stats(query)
    except (BadRequestError, NotFoundError, NotSupportedError, PermissionDeniedError):
        return {}
    return {count.project.id: count.project.id for count in stats.by_project}
