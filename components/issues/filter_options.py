"""The options of the review queue's filters. Options from the server are cached for a minute."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from components import api_session, server_capabilities
from components.ui import labels, user_names
from issue_portal.client.errors import NotFoundError, NotSupportedError, PermissionDeniedError
from issue_portal.models.vocabulary import IssueType

_CACHE_SECONDS: Final = 60


def list_types() -> Mapping[str, str]:
    """Return the labels of all issue types, by type."""
    return {value.value: labels.format_type(value) for value in IssueType}


@st.cache_resource(ttl=_CACHE_SECONDS, scope="session", show_spinner=False)
def list_reporters() -> Mapping[str, str]:
    """Return the names of all possible reporters: the users of the organisation, by id.

    {} if the server does not list them, or the current user may not list them.
    """
    try:
        return user_names.format_distinct_names(api_session.client().users())
    except (NotFoundError, NotSupportedError, PermissionDeniedError):
        return {}


@st.cache_resource(ttl=_CACHE_SECONDS, scope="session", show_spinner=False)
def list_projects() -> Mapping[str, str]:
    """Return the names of all projects, by id.

    If the server does not list projects, returns those in the issues that it has listed.
    """
    try:
        projects = api_session.client().projects()
    except (NotFoundError, NotSupportedError, PermissionDeniedError):
        return server_capabilities.get_capabilities().project_names
    return {project.id: project.name or project.id for project in projects}
