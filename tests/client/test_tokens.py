"""The client's calls for API tokens."""

import pytest

from issue_portal.client import errors
from issue_portal.models.vocabulary import Role, Scope
from tests.client.prepared_responses import LOST_RESPONSES, RATE_LIMITED
from tests.servers.scripted_server import drop, serving

NEW_TOKEN = {"name": "Export", "scopes": [Scope.READ], "expires_in_days": 90}
CREATED_TOKEN = (
    201,
    {},
    {"id": "token_1", "name": "Export", "scopes": ["read", "other"], "token": "ipat_secret"},
)


def test_person_creates_lists_and_revokes_a_token(api, client_factory):
    person = client_factory(api.url, api.token("Tokenholder", Role.ADMIN))
    created = person.create_token(**NEW_TOKEN, role=Role.MEMBER)
    assert (created.name, created.role, created.scopes) == ("Export", Role.MEMBER, (Scope.READ,))
    script = client_factory(api.url, created.token)
    assert script.me().name == "Tokenholder"
    assert [token.id for token in script.tokens()] == [created.id]
    assert created.id in [token.id for token in person.tokens()]
    person.revoke_token(created.id)
    with pytest.raises(errors.AuthenticationError):
        script.me()
    with pytest.raises(errors.NotFoundError):
        person.revoke_token(created.id)


def test_missing_scope_is_a_permission_error_that_names_the_scope(api, client_factory):
    person = client_factory(api.url, api.token("Limited"))
    script = client_factory(api.url, person.create_token(**NEW_TOKEN).token)
    assert script.list().data == ()
    with pytest.raises(errors.PermissionDeniedError, match="report"):
        script.delete("issue_0000000000000000")


def test_secret_is_not_in_the_representation_of_a_token(make_client):
    with serving(CREATED_TOKEN) as server:
        created = make_client(server.url).create_token(**NEW_TOKEN)
    assert created.token == "ipat_secret"
    assert "ipat_secret" not in repr(created)
    assert created.scopes == (Scope.READ, "other")


@pytest.mark.parametrize("failure", LOST_RESPONSES)
def test_creation_of_unknown_outcome_is_never_repeated(make_client, failure):
    lifetime = {"Idempotency-Key-Lifetime": "86400"}
    with serving((200, lifetime, {"id": "u"}), failure, CREATED_TOKEN) as server:
        client = make_client(server.url)
        client.me()  # The client learns that the server keeps keys for other calls.
        with pytest.raises(errors.IssuesError) as raised:
            client.create_token(**NEW_TOKEN)
        assert raised.value.unsure
        assert server.calls == ["GET /me", "POST /me/token"]


def test_refused_creation_is_repeated(make_client):
    with serving(RATE_LIMITED, CREATED_TOKEN) as server:
        assert make_client(server.url).create_token(**NEW_TOKEN).id == "token_1"
        _, _, headers, body = server.requests[-1]
        assert "Idempotency-Key" not in headers
        assert b"role" not in body


def test_unreadable_response_to_a_creation_is_unsure(make_client):
    with serving((201, {}, {"id": "token_1"})) as server:
        with pytest.raises(errors.BadResponseError) as raised:
            make_client(server.url).create_token(**NEW_TOKEN)
        assert raised.value.unsure


def test_revocation_with_a_lost_response_is_a_success(make_client):
    with serving(drop, (404, {}, {})) as server:
        make_client(server.url).revoke_token("a/../b")
        assert server.calls == ["DELETE /me/token/a%2F%2E%2E%2Fb"] * 2


def test_invalid_token_is_refused_without_a_request(make_client):
    with serving(CREATED_TOKEN) as server:
        with pytest.raises(errors.BadRequestError) as raised:
            make_client(server.url).create_token(name="x", scopes=[], expires_in_days=1)
        assert [fault.field for fault in raised.value.fields] == ["scopes"]
        assert server.calls == []
