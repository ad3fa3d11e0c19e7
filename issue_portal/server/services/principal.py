"""The caller of a request, once authenticated."""

from dataclasses import dataclass

from issue_portal.models.permissions import Action, may
from issue_portal.models.vocabulary import Role


@dataclass(frozen=True)
class Principal:
    """The caller of one request. Visitors and the operator have no user id.

    ``rate_limit_key`` is opaque and never stored. ``token_id`` is None without an API token.
    """

    role: Role
    user_id: str | None
    rate_limit_key: str
    token_id: str | None = None

    def may(self, action: Action) -> bool:
        """Return whether the role of this caller allows ``action``."""
        return may(self.role, action)
