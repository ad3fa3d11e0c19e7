"""How long a sign-in lasts: `ISSUES_SIGN_IN_HOURS`, or a default for each sign-in mode."""

from typing import Final

from issue_portal.core.settings import get_settings

ACCOUNT_DEFAULT_HOURS: Final = 168
"""Hours that a sign-in with a password lasts."""

PROVIDER_DEFAULT_HOURS: Final = 12
"""Hours that a sign-in at an OIDC provider or a proxy lasts."""


def get_account_lifetime() -> int:
    """Return the seconds that a sign-in with a password lasts."""
    return _get_seconds(ACCOUNT_DEFAULT_HOURS)


def get_provider_lifetime() -> int:
    """Return the seconds that a sign-in at an OIDC provider or a proxy lasts."""
    return _get_seconds(PROVIDER_DEFAULT_HOURS)


def _get_seconds(default_hours: float) -> int:
    return int((get_settings().sign_in_hours or default_hours) * 3600)
