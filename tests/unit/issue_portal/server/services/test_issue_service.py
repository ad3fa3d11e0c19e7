"""The issue service follows the table of permissions, even after a change of the table."""

import pytest

from issue_portal.core.problems import ForbiddenError
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.models import permissions
from issue_portal.models.permissions import Action
from issue_portal.models.requests import IssueUpdate, NewIssue
from issue_portal.models.vocabulary import IssueState, IssueType, ResourceType, Role
from issue_portal.server.db import queries_users
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.service import open_service
from tests.loops import run_in_loop

NEW_TEXT = IssueUpdate(description="another text")
CLOSED = IssueUpdate(state=IssueState.CLOSED)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    directory = tmp_path_factory.mktemp("data")
    settings = Settings(data_dir=directory, database=f"sqlite:///{directory}/issues.db")
    opened = open_service(settings, SecretKeys("a key of this test, long enough for one"))
    yield opened
    opened.database.close()


@pytest.fixture
def reporter(service) -> Principal:
    return make_principal(service, "reporter", Role.MEMBER)


@pytest.fixture
def issue_id(service, reporter) -> str:
    return send_report(service, reporter, anonymous=False)["id"]


@pytest.fixture
def allow_guests(monkeypatch):
    """Return a function that sets the actions of the guest role.

    The tests use this role because the service has no other rules for it.
    """

    def allow(*actions: Action) -> None:
        monkeypatch.setitem(permissions._ALLOWED, Role.GUEST, frozenset(actions))

    return allow


def make_principal(service, name: str, role: Role) -> Principal:
    with service.database.write() as connection:
        user = queries_users.ensure_user(
            connection, service.org_id, f"{name}@example.com", name, Role.MEMBER
        )
    return Principal(role, user.id, name)


def send_report(service, sender: Principal, *, anonymous: bool) -> dict:
    new = NewIssue(
        description="text",
        resource_type=ResourceType.THREAD,
        type=IssueType.OTHER,
        anonymous=anonymous,
    )
    return run_in_loop(lambda: service.issues.create(sender, new, None))


def test_permission_to_read_allows_no_change(service, issue_id, allow_guests):
    allow_guests(Action.READ_OWN, Action.READ_ALL, Action.EDIT_OWN, Action.DELETE_OWN)
    auditor = make_principal(service, "auditor", Role.GUEST)
    with service.database.read() as connection:
        assert service.issues.get(connection, auditor, issue_id)["id"] == issue_id
    for update in (NEW_TEXT, CLOSED, IssueUpdate(is_read=True)):
        with pytest.raises(ForbiddenError):
            service.editor.update(auditor, issue_id, update)
    with pytest.raises(ForbiddenError):
        service.editor.delete(auditor, issue_id)


def test_own_issue_needs_permission_to_edit_and_delete(service, allow_guests):
    allow_guests(Action.CREATE_NAMED, Action.READ_OWN)
    reader = make_principal(service, "reader", Role.GUEST)
    issue_id = send_report(service, reader, anonymous=False)["id"]
    with pytest.raises(ForbiddenError):
        service.editor.update(reader, issue_id, NEW_TEXT)
    with pytest.raises(ForbiddenError):
        service.editor.delete(reader, issue_id)
    allow_guests(Action.READ_OWN, Action.EDIT_OWN, Action.DELETE_OWN)
    assert service.editor.update(reader, issue_id, NEW_TEXT)["description"] == "another text"
    service.editor.delete(reader, issue_id)


def test_permission_to_set_the_state_allows_no_edit(service, issue_id, allow_guests):
    allow_guests(Action.READ_OWN, Action.READ_ALL, Action.SET_STATE)
    reviewer = make_principal(service, "reviewer", Role.GUEST)
    assert service.editor.update(reviewer, issue_id, CLOSED)["state"] == "Closed"
    both = IssueUpdate(state=IssueState.IN_REVIEW, description="another text")
    with pytest.raises(ForbiddenError):
        service.editor.update(reviewer, issue_id, both)


def test_anonymous_reports_and_receipts_need_their_own_permissions(service, allow_guests):
    allow_guests()
    guest = Principal(Role.GUEST, None, "guest")
    with pytest.raises(ForbiddenError):
        send_report(service, guest, anonymous=True)
    allow_guests(Action.CREATE_ANONYMOUS)
    receipt = send_report(service, guest, anonymous=True)["receipt"]
    with service.database.read() as connection:
        with pytest.raises(ForbiddenError):
            service.issues.find_by_receipt(connection, guest, receipt)
        allow_guests(Action.LOOK_UP_RECEIPT)
        view = service.issues.find_by_receipt(connection, guest, receipt)
    assert view["state"] == "NotReviewed"
