"""Maps users to roles by email address and role claim (ISSUES_REVIEWERS, ISSUES_MEMBERS)."""

from collections.abc import Mapping, Set
from typing import Any

from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import Role

Claims = Mapping[str, Any]


def map_role(address: str, role_values: Set[str]) -> Role | None:
    """Return the role of a user; None if the user gets no access.

    ``role_values`` are the values that `read_role_values` returns for the user.
    """
    settings = get_settings()
    if _is_listed(settings.reviewers, address, role_values):
        return Role.ADMIN
    if not settings.members or _is_listed(settings.members, address, role_values):
        return Role.MEMBER
    return None


def read_role_values(claims: Claims) -> Set[str]:
    """Return the values of the claim whose name or path (a.b) is ``ISSUES_ROLE_CLAIM``."""
    path = get_settings().role_claim
    claim: Any = claims.get(path)
    if claim is None:
        claim = claims
        for part in path.split("."):
            claim = claim.get(part) if isinstance(claim, Mapping) else None
    values = claim if isinstance(claim, list) else [claim]
    return {str(value).strip() for value in values if value is not None} - {""}


def _is_listed(names: str, address: str, role_values: Set[str]) -> bool:
    """Return whether a list contains the address, its ``@domain`` or one of the role values."""
    domain = address[address.index("@") :]
    listed = [name.strip() for name in names.split(",")]
    # Compare a name with "@" only with addresses: a group could be named like somebody's address.
    return any(
        name.lower() in (address, domain) if "@" in name else name in role_values for name in listed
    )
