"""The actions that each role may do."""

import pytest

from issue_portal.models.permissions import Action, may
from issue_portal.models.vocabulary import Role

GUEST, MEMBER = {Role.GUEST}, {Role.MEMBER}
REVIEWERS = {Role.ADMIN, Role.OWNER}
EVERYONE = GUEST | MEMBER | REVIEWERS
SIGNED_IN = MEMBER | REVIEWERS

ROLES_BY_ACTION = {
    Action.CREATE_ANONYMOUS: EVERYONE,
    Action.LOOK_UP_RECEIPT: EVERYONE,
    Action.CREATE_NAMED: SIGNED_IN,
    Action.READ_OWN: SIGNED_IN,
    Action.EDIT_OWN: SIGNED_IN,
    Action.DELETE_OWN: SIGNED_IN,
    Action.RESTORE_OWN: SIGNED_IN,
    Action.RESTORE_ALL: REVIEWERS,
    Action.READ_ALL: REVIEWERS,
    Action.LIST_DELETED: REVIEWERS,
    Action.EDIT_ALL: REVIEWERS,
    Action.SET_STATE: REVIEWERS,
    Action.MARK_READ: REVIEWERS,
    Action.DELETE_ALL: REVIEWERS,
    Action.READ_STATS: REVIEWERS,
    Action.LIST_USERS: REVIEWERS,
    Action.LIST_PROJECTS: REVIEWERS,
    Action.NAME_PROJECT: REVIEWERS,
}


@pytest.mark.parametrize("action", Action)
def test_exactly_the_expected_roles_may_do_an_action(action):
    assert {role for role in Role if may(role, action)} == ROLES_BY_ACTION[action]
