"""Signed tokens: purpose, expiry, and keys that rotate."""

import time

import jwt
import pytest

from issue_portal.core import jwt_tokens
from issue_portal.core.secret_keys import SecretKeys

OLD, NEW = (f"{name} secret of the tests that is long enough" for name in ("an old", "a new"))
CLAIMS = {"sub": "ann@example.com"}


def test_verify_returns_the_signed_claims():
    token = jwt_tokens.sign(SecretKeys(OLD), "api", CLAIMS, 60)
    claims = jwt_tokens.verify(SecretKeys(OLD), "api", token)
    assert claims["sub"] == CLAIMS["sub"]
    assert claims["exp"] - claims["iat"] == 60


def test_token_is_valid_for_its_purpose_only():
    token = jwt_tokens.sign(SecretKeys(OLD), "api", CLAIMS, 60)
    with pytest.raises(jwt.InvalidTokenError):
        jwt_tokens.verify(SecretKeys(OLD), "sign-in", token)


def test_old_key_verifies_until_it_is_removed():
    token = jwt_tokens.sign(SecretKeys(OLD), "api", CLAIMS, 60)
    assert jwt_tokens.verify(SecretKeys(NEW, OLD), "api", token)
    with pytest.raises(jwt.InvalidTokenError, match="unknown key"):
        jwt_tokens.verify(SecretKeys(NEW), "api", token)


def test_newest_key_signs():
    token = jwt_tokens.sign(SecretKeys(NEW, OLD), "api", CLAIMS, 60)
    assert jwt_tokens.verify(SecretKeys(NEW), "api", token)


def test_expired_token_is_refused_beyond_the_leeway():
    keys = SecretKeys(OLD)
    assert jwt_tokens.verify(keys, "api", jwt_tokens.sign(keys, "api", CLAIMS, 0))
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt_tokens.verify(keys, "api", jwt_tokens.sign(keys, "api", CLAIMS, -jwt_tokens.LEEWAY - 1))


@pytest.mark.parametrize("missing", ["iss", "aud", "iat", "exp", "sub"])
def test_token_without_a_required_claim_is_refused(missing):
    [(key_id, key)] = SecretKeys(OLD).derive("api").items()
    now = int(time.time())
    claims = CLAIMS | {"iss": "issue-portal", "aud": "issue-portal/api", "iat": now, "exp": now + 9}
    del claims[missing]
    token = jwt.encode(claims, key, "HS256", headers={"kid": key_id})
    with pytest.raises(jwt.InvalidTokenError):
        jwt_tokens.verify(SecretKeys(OLD), "api", token)
