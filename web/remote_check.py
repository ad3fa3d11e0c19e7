"""Checks at the start that the portal can use the remote API, and tells the operator if not."""

import logging
import threading
from typing import Final

from issue_portal.client import errors
from issue_portal.client.client import IssuesClient
from issue_portal.client.server_memory import ServerMemory
from issue_portal.core.settings import Settings
from issue_portal.models.requests import IssueQuery

_SECONDS: Final = 5.0
"""Longest time of the check."""

log = logging.getLogger(__name__)


def start(settings: Settings, memory: ServerMemory) -> None:
    """Check the remote API in the background, so that the portal starts without it."""
    threading.Thread(target=_check, args=(settings, memory), daemon=True).start()


def _check(settings: Settings, memory: ServerMemory) -> None:
    if problem := find_problem(settings, memory):
        log.warning("ISSUES_API_URL: %s", problem)


def find_problem(settings: Settings, memory: ServerMemory) -> str:
    """Return what is wrong with the settings of the remote API, or ""."""
    token = settings.api_token.get_secret_value()
    if not token:
        return "visitors cannot report, because ISSUES_API_TOKEN is empty."
    client = IssuesClient(
        settings.api_url,
        token,
        org=settings.chosen_org or "",
        timeout=_SECONDS,
        max_retries=0,
        total_timeout=_SECONDS,
        memory=memory,
    )
    with client:
        try:
            client.list(IssueQuery(page_size=1))
        except errors.PermissionDeniedError:
            return ""  # The token of visitors may be allowed to report only.
        except errors.IssuesError as error:
            return _explain(error, settings)
    return ""


def _explain(error: errors.IssuesError, settings: Settings) -> str:
    match error:
        case errors.AuthenticationError():
            return f"The server refuses ISSUES_API_TOKEN: {error}"
        case errors.BadRequestError() if settings.chosen_org is None:
            return f"{error} If the server requires an organisation, set ISSUES_ORG."
        case errors.NotFoundError() if settings.chosen_org is not None:
            return f"{error} Check ISSUES_ORG: the token may belong to another organisation."
        case errors.NotFoundError() | errors.BadResponseError():
            return f"{error} Check that the URL is that of an Issues API."
        case _:
            return str(error)
