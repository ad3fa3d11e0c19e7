"""Roles from addresses, domains, groups and claims."""

import pytest

from auth import role_mapping
from auth.role_mapping import map_role, read_role_values
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import Role


@pytest.fixture
def configure(monkeypatch):
    """Set the settings that map roles."""

    def configure(**settings: str) -> None:
        configured = Settings(_env_file=None, **settings)
        monkeypatch.setattr(role_mapping, "get_settings", lambda: configured)

    return configure


@pytest.mark.parametrize(
    ("address", "groups", "role"),
    [
        ("boss@example.com", set(), Role.ADMIN),
        ("ann@example.com", {"triage"}, Role.ADMIN),
        ("ann@example.com", set(), Role.MEMBER),
        ("ann@other.example", {"staff"}, Role.MEMBER),
        ("ann@other.example", set(), None),
        # A domain must match completely.
        ("ann@not-example.com", set(), None),
        # A group named like an address does not count as that address.
        ("ann@other.example", {"boss@example.com"}, None),
        ("ann@other.example", {"@example.com"}, None),
        # The case of a group's name matters.
        ("ann@other.example", {"Triage"}, None),
    ],
)
def test_lists_of_reviewers_and_members_determine_the_role(configure, address, groups, role):
    configure(reviewers="Boss@Example.com, triage", members="@example.com, staff")
    assert map_role(address, groups) is role


def test_everyone_is_a_member_without_a_list_of_members(configure):
    configure(reviewers="triage")
    assert map_role("ann@anywhere.example", set()) is Role.MEMBER


@pytest.mark.parametrize(
    ("path", "claims", "values"),
    [
        ("groups", {"groups": ["a", " b ", "", None, 7]}, {"a", "b", "7"}),
        ("groups", {"groups": "a"}, {"a"}),
        ("realm.roles", {"realm": {"roles": ["a"]}}, {"a"}),
        # Some providers name claims by URLs, which have dots.
        ("https://x.example/roles", {"https://x.example/roles": ["a"]}, {"a"}),
        ("realm.roles", {"realm": "a"}, set()),
        ("groups", {}, set()),
    ],
)
def test_role_values_are_read_by_name_or_path(configure, path, claims, values):
    configure(role_claim=path)
    assert read_role_values(claims) == values
