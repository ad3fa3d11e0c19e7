"""The token that identifies the caller of the API."""

import jwt
import pytest

from issue_portal.core import jwt_tokens, portal_token
from issue_portal.core.portal_token import Operator, Person, Visitor
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role

KEYS = SecretKeys("a secret of the tests that is long enough")


@pytest.mark.parametrize(
    "caller",
    [Person("ann@example.com", "Ann", Role.MEMBER), Visitor("key"), Visitor(""), Operator()],
)
def test_verified_token_gives_the_signed_caller(caller):
    assert portal_token.verify(KEYS, portal_token.sign(KEYS, caller)) == caller


def test_person_without_a_name_is_named_by_their_address():
    token = portal_token.sign(KEYS, Person("ann@example.com", "", Role.MEMBER))
    assert portal_token.verify(KEYS, token).name == "ann@example.com"


@pytest.mark.parametrize("role", ["AppGod", ""])
def test_unknown_role_is_refused(role):
    claims = {"sub": "ann@example.com", "role": role}
    with pytest.raises(ValueError, match=repr(role)):
        portal_token.verify(KEYS, jwt_tokens.sign(KEYS, "api", claims, 60))


def test_sign_in_cookie_is_not_a_portal_token():
    claims = {"sub": "ann@example.com", "role": Role.ADMIN}
    with pytest.raises(jwt.InvalidTokenError):
        portal_token.verify(KEYS, jwt_tokens.sign(KEYS, "sign-in", claims, 60))
