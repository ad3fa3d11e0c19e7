"""The faults of the form to create an API token."""

import pytest

from components.account import api_token_form
from issue_portal.models.vocabulary import Role, Scope


@pytest.mark.parametrize(
    ("name", "scopes", "role", "fields"),
    [
        ("backup", [Scope.READ], Role.MEMBER, []),
        (" ", [], Role.MEMBER, [("name",), ("scopes",)]),
        (" Nightly Export ", [Scope.READ], Role.MEMBER, [("name",)]),
        ("backup", [Scope.REVIEW], Role.MEMBER, [("scopes", "role")]),
    ],
)
def test_each_fault_belongs_to_its_fields(name, scopes, role, fields):
    faults = api_token_form._find_faults(name, {"nightly export"}, scopes, role)
    assert [fault.fields for fault in faults] == fields
