"""Maps addresses, groups and claims to roles (ISSUES_REVIEWERS, ISSUES_MEMBERS)."""

from collections.abc import Mapping, Set
from typing import Any

from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import Role

Claims = Mapping[str, Any]


def map_role(address: str, values: Set[str]) -> Role | None:
    """What someone may do who has this address and these values of ``ISSUES_ROLE_CLAIM``."""
    settings = get_settings()
    if _is_listed(settings.reviewers, address, values):
        return Role.ADMIN
    if not settings.members or _is_listed(settings.members, address, values):
        return Role.MEMBER
    return None


def read_role_values(claims: Claims) -> Set[str]:
    """The values of ``ISSUES_ROLE_CLAIM``, which is a claim or a path such as a.b to one."""
    path = get_settings().role_claim
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    listed = found if isinstance(found, list) else [found]
    return {str(value).strip() for value in listed if value is not None} - {""}


def _is_listed(names: str, address: str, values: Set[str]) -> bool:
    """Whether a list has the address, its ``@domain`` or one of the values."""
    domain = address[address.index("@") :]
    listed = [name.strip() for name in names.split(",")]
    # A group that is called like an address is none.
    return any(
        name.lower() in (address, domain) if "@" in name else name in values for name in listed
    )
