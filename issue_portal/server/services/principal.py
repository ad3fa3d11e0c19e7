"""The caller of a request, once authenticated."""

from dataclasses import dataclass

from issue_portal.models.vocabulary import Role


@dataclass(frozen=True)
class Principal:
    """The caller of one request. Visitors and the operator have no user id.

    ``limited_as`` is what its requests are counted under: opaque, and never stored.
    ``token_id`` is the id of its API token, if it has one.
    """

    role: Role
    user_id: str | None
    rate_limit_key: str
    token_id: str | None = None

    @property
    def is_guest(self) -> bool:
        """Whether this is a visitor, or a token that may do no more than one."""
        return self.role is Role.GUEST

    @property
    def is_admin(self) -> bool:
        """Whether this is a reviewer."""
        return self.role in (Role.ADMIN, Role.OWNER)


ROLES = tuple(Role)
