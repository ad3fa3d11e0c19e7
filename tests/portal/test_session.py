"""A client of the portal acts for a person only while their sign-in holds, in the role of then."""

from dataclasses import dataclass

import httpx
import pytest
import streamlit as st

from auth import api_backend
from auth.api_backend import ApiBackend
from auth.mode import SignInMode
from auth.trusted_headers import PROXY_SEEN_KEY
from components import api_session
from components.account import sign_in_session
from components.ui import i18n
from issue_portal.client.errors import AuthenticationError, PermissionDeniedError
from issue_portal.core.portal_token import Person
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role
from tests.conftest import SECRET


@dataclass
class SignIn:
    """A sign-in whose holder can change, as an operator or another tab changes it."""

    who: Person | None
    id: str = "x"
    username: str = "x"
    ends_at: float = 2**33

    def get_person(self) -> Person | None:
        return self.who


def test_client_that_is_kept_asks_for_the_person_at_each_call(api_on, monkeypatch):
    transport = httpx.HTTPTransport()
    here = ApiBackend(api_on("sqlite").url, SecretKeys(SECRET), transport, is_ours=True)
    monkeypatch.setattr(api_backend, "_backend", here)
    sign_in = SignIn(Person("changing@example.com", "Changing", Role.ADMIN))
    client = api_session.client_of(sign_in)
    client.users()
    sign_in.who = Person("changing@example.com", "Changing", Role.MEMBER)
    with pytest.raises(PermissionDeniedError):
        client.users()
    sign_in.who = None
    with pytest.raises(AuthenticationError):
        client.me()


def test_who_goes_on_without_a_sign_in_does_not_get_it_back(monkeypatch):
    """The headers of a proxy that had said who somebody was seemed new again."""
    state = {PROXY_SEEN_KEY: 5.0, "sign_in_held": True, "sent_report": object()}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(sign_in_session, "get_sign_in_mode", lambda: SignInMode.PROXY)
    monkeypatch.setattr(i18n, "get_language", lambda: "en")
    monkeypatch.setattr(i18n, "set_language", lambda _: None)
    sign_in_session.continue_as_visitor()
    assert state == {PROXY_SEEN_KEY: 5.0}
