"""The portal's API clients use the person's current role, and fail once the sign-in has ended."""

from dataclasses import dataclass

import httpx
import pytest

from auth import api_backend
from auth.api_backend import ApiBackend
from components import api_session
from issue_portal.client.errors import AuthenticationError, PermissionDeniedError
from issue_portal.core.portal_token import Person
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role
from tests.servers.installation import SECRET


@dataclass
class SignIn:
    """A sign-in that an administrator or another tab can change."""

    person: Person | None
    id: str = "x"
    username: str = "x"
    ends_at: float = 2**33

    def get_person(self) -> Person | None:
        return self.person


def test_cached_client_checks_the_role_at_each_call(api_on, monkeypatch):
    backend = ApiBackend(
        api_on("sqlite").url, SecretKeys(SECRET), httpx.Client(), accepts_portal_tokens=True
    )
    monkeypatch.setattr(api_backend, "_backend", backend)
    sign_in = SignIn(Person("changing@example.com", "Changing", Role.ADMIN))
    client = api_session.client_of(sign_in)
    client.users()
    sign_in.person = Person("changing@example.com", "Changing", Role.MEMBER)
    with pytest.raises(PermissionDeniedError):
        client.users()
    sign_in.person = None
    with pytest.raises(AuthenticationError):
        client.me()
