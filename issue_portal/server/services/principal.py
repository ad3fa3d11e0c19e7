"""The caller of a request, once authenticated."""

from dataclasses import dataclass

from issue_portal.core.problems import InsufficientScopeError, ProblemError
from issue_portal.models.permissions import ALL_SCOPES, SCOPES, Action, may
from issue_portal.models.vocabulary import Role, Scope


@dataclass(frozen=True)
class Principal:
    """The caller of one request. Visitors and the operator have no user id.

    ``rate_limit_key`` is opaque and never stored. ``token_id`` is None without an API token. Only
    API tokens can have fewer than all ``scopes``.
    """

    role: Role
    user_id: str | None
    rate_limit_key: str
    token_id: str | None = None
    scopes: frozenset[Scope] = ALL_SCOPES

    @property
    def is_visitor(self) -> bool:
        """Whether the role of this caller allows only anonymous reports."""
        return not may(self.role, Action.CREATE_NAMED)

    def may(self, action: Action) -> bool:
        """Return whether both the role and the scopes of this caller allow ``action``."""
        return may(self.role, action) and SCOPES[action] in self.scopes

    def require(self, action: Action, error: ProblemError, *, scope: Scope | None = None) -> None:
        """Raise ``error`` unless the role of this caller allows ``action``.

        Raises `InsufficientScopeError` without ``scope``, which is by default that of the action.
        """
        scope = scope or SCOPES[action]
        if not may(self.role, action):
            raise error
        if scope not in self.scopes:
            raise InsufficientScopeError(scope)

    def refuse(self, action: Action, error: ProblemError) -> ProblemError:
        """Return ``error``, or an `InsufficientScopeError` if the role allows ``action``."""
        return InsufficientScopeError(SCOPES[action]) if may(self.role, action) else error
