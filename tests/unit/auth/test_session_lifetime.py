"""The lifetime of a sign-in, and its description in the settings."""

import pytest

from auth import session_lifetime
from issue_portal.core.settings import Settings


@pytest.mark.parametrize(
    ("hours", "account", "provider"), [(None, 604_800, 43_200), (0.5, 1800, 1800)]
)
def test_setting_overrides_both_default_lifetimes(monkeypatch, hours, account, provider):
    settings = Settings(sign_in_hours=hours, _env_file=None)
    monkeypatch.setattr(session_lifetime, "get_settings", lambda: settings)
    assert session_lifetime.get_account_lifetime() == account
    assert session_lifetime.get_provider_lifetime() == provider


def test_description_of_the_setting_states_the_defaults():
    description = Settings.model_fields["sign_in_hours"].description
    assert f"Default: {session_lifetime.ACCOUNT_DEFAULT_HOURS};" in description
    assert f"; {session_lifetime.PROVIDER_DEFAULT_HOURS} with OIDC" in description
