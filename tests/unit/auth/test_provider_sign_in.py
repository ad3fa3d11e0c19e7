"""Sign-ins at a provider or a proxy: roles, emails, names, and the cookie that seals a sign-in."""

import json
from http.cookies import SimpleCookie
from unittest.mock import Mock

import pytest
from starlette.responses import Response

from auth import (
    oidc,
    oidc_cookies,
    provider_sign_in,
    role_mapping,
    session_lifetime,
    trusted_headers,
)
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import Role
from web import streamlit_compat
from web.streamlit_compat import create_signed_value

ANN = "ann@example.com"
STAFF = ["staff", "Issue Reviewers"]


def use_settings(monkeypatch, settings):
    for module in (provider_sign_in, role_mapping, trusted_headers):
        monkeypatch.setattr(module, "get_settings", settings)


@pytest.mark.parametrize(
    ("settings", "claims", "role"),
    [
        ({}, {}, Role.MEMBER),
        ({"reviewers": "bob@example.com, Ann@Example.com"}, {}, Role.ADMIN),
        ({"reviewers": "bob@example.com"}, {}, Role.MEMBER),
        ({"reviewers": "@example.com"}, {}, Role.ADMIN),
        ({"reviewers": "@ample.com,example.com,@"}, {}, Role.MEMBER),
        ({"members": "@elsewhere.example"}, {}, None),
        ({"members": "@elsewhere.example", "reviewers": ANN}, {}, Role.ADMIN),
        ({"role_claim": "groups", "reviewers": "Issue Reviewers"}, {"groups": STAFF}, Role.ADMIN),
        ({"role_claim": "groups", "reviewers": "issue reviewers"}, {"groups": STAFF}, Role.MEMBER),
        ({"role_claim": "groups", "reviewers": "staff"}, {"groups": "staff"}, Role.ADMIN),
        ({"role_claim": "groups", "reviewers": "taff"}, {"groups": "staff"}, Role.MEMBER),
        ({"role_claim": "groups", "reviewers": "None,,"}, {}, Role.MEMBER),
        ({"role_claim": "groups", "reviewers": "", "members": "x"}, {"groups": [""]}, None),
        ({"role_claim": "a.b", "reviewers": "staff"}, {"a": {"b": STAFF}}, Role.ADMIN),
        ({"role_claim": "a.b", "reviewers": "staff"}, {"a": STAFF}, Role.MEMBER),
        (
            {"role_claim": "https://a.b/c", "members": "staff"},
            {"https://a.b/c": STAFF},
            Role.MEMBER,
        ),
        ({"reviewers": "staff"}, {"groups": STAFF}, Role.MEMBER),
        # A group named like an address does not count as that address.
        (
            {"role_claim": "groups", "reviewers": "boss@example.com"},
            {"groups": ["boss@example.com"]},
            Role.MEMBER,
        ),
    ],
)
def test_claims_and_addresses_determine_the_role(monkeypatch, settings, claims, role):
    use_settings(monkeypatch, lambda: Settings(**settings))
    assert role_mapping.map_role(ANN, role_mapping.read_role_values(claims)) == role


@pytest.mark.parametrize(
    ("claims", "trust_missing_claim", "has_role"),
    [
        ({"email_verified": True}, False, True),
        ({"email_verified": "true"}, False, True),
        ({"email_verified": False}, False, False),
        ({"email_verified": False}, True, False),
        ({}, False, False),
        ({}, True, True),
        ({"email_verified": None}, True, False),
    ],
)
def test_role_needs_the_claim_email_verified_unless_its_absence_is_trusted(
    monkeypatch, claims, trust_missing_claim, has_role
):
    settings = Settings(trust_unverified_email=trust_missing_claim)
    use_settings(monkeypatch, lambda: settings)
    sign_in = oidc._make_oidc_sign_in({"is_logged_in": True, "iat": 0, "email": ANN, **claims})
    assert (sign_in.role is Role.MEMBER) == has_role


def test_email_from_a_proxy_counts_as_verified(monkeypatch):
    use_settings(monkeypatch, Settings)
    assert trusted_headers.make_proxy_sign_in({"email": ANN}, 0).role is Role.MEMBER


@pytest.mark.parametrize("begun_at", [None, "soon", [1], -(10**400), 10**400, float("nan")])
def test_sign_in_without_a_valid_start_time_counts_from_1970(monkeypatch, begun_at):
    use_settings(monkeypatch, Settings)
    claims = {"is_logged_in": True, "email": ANN, "email_verified": True, "iat": begun_at}
    assert oidc._make_oidc_sign_in(claims).ends_at == session_lifetime.PROVIDER_DEFAULT_HOURS * 3600


@pytest.mark.parametrize(
    ("email", "username"),
    [
        (" Ann@Example.com ", ANN),  # Spaces around the email are removed.
        # `str.lower` turns the Kelvin sign into a k, which makes another person's address.
        ("mar\u212a@example.com", "mar\u212a@example.com"),
        ("boss@\u212ade.org", "boss@\u212ade.org"),
        ([ANN], ""),
        # Cut at 320 characters, this address would be in the domain example.com.
        ("a" * 308 + "@example.com.elsewhere.example", ""),
        *[(ANN + invisible, "") for invisible in "\u200b\u00ad\ue000\u0378\x00\ud800\n"],
        *[(invisible + ANN, "") for invisible in "\u200b\U000e0041\u00a0\t"],
    ],
)
def test_only_ascii_letters_of_an_email_are_lowered_and_invalid_emails_are_refused(
    monkeypatch, email, username
):
    use_settings(monkeypatch, Settings)
    claims = {"is_logged_in": True, "email": email, "email_verified": True, "iat": 0}
    sign_in = oidc._make_oidc_sign_in(claims)
    assert sign_in.username == username
    assert (sign_in.role is None) == (not username)


@pytest.mark.parametrize("name", ["A\x00nn\ud800", "   ", "x" * 100_000, ["Ann"], None])
def test_name_from_a_provider_is_cleaned_for_the_database(monkeypatch, name):
    use_settings(monkeypatch, Settings)
    claims = {"is_logged_in": True, "email": ANN, "email_verified": True, "iat": 0, "name": name}
    stored_name = oidc._make_oidc_sign_in(claims).name
    assert stored_name.isprintable()
    assert 0 < len(stored_name) <= 320


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("José Müller".encode(), "José Müller"),
        ("Nguyễn".encode(), "Nguyễn"),
        ("José".encode("latin-1"), "José"),
        (b"", "Ann"),
    ],
)
def test_name_from_a_proxy_may_be_utf8_or_latin1(header, name):
    user = {"email": ANN, "name": header.decode("latin-1")}
    assert trusted_headers.make_proxy_sign_in(user, 0).name == name


@pytest.mark.parametrize("origin", ["http://localhost:8501", "https://issues.example.com"])
def test_sign_in_cookie_with_the_seal_of_another_sign_in_is_refused(monkeypatch, origin):
    use_settings(monkeypatch, Settings)
    monkeypatch.setattr(streamlit_compat, "get_cookie_secret", lambda: "a secret of the tests")
    monkeypatch.setattr(streamlit_compat, "get_origin_from_redirect_uri", lambda: origin)

    def make_cookies(email: str) -> dict[str, str]:
        claims = {"is_logged_in": True, "iat": 0, "email": email, "origin": origin}
        value = create_signed_value("a secret of the tests", "_streamlit_user", json.dumps(claims))
        response = Response()
        response.set_cookie("_streamlit_user", value.decode(), httponly=True, samesite="lax")
        response.raw_headers += oidc_cookies.seal_sign_in(response.raw_headers)
        cookies = SimpleCookie()
        for header in response.headers.getlist("set-cookie"):
            cookies.load(header)
        seal = next(morsel for name, morsel in cookies.items() if name.endswith("_seal"))
        assert (seal["path"], seal["httponly"], seal["samesite"]) == ("/", True, "lax")
        # Other hosts of the domain cannot set cookies with this prefix.
        assert seal.key.startswith("__Host-") == bool(seal["secure"]) == origin.startswith("https:")
        return {name: morsel.value for name, morsel in cookies.items()}

    ann, bob = make_cookies(ANN), make_cookies("bob@example.com")
    assert oidc.find_oidc_sign_in(Mock(cookies=ann)).username == ANN
    user = "_streamlit_user"
    for cookies in ({user: ann[user]}, ann | {user: bob[user]}, bob | {user: ann[user]}, {}):
        assert oidc.find_oidc_sign_in(Mock(cookies=cookies)) is None
    assert oidc_cookies.seal_sign_in(Response().raw_headers) == []
    sign_out = Response()
    sign_out.delete_cookie("_streamlit_user")
    assert "Max-Age=0" in oidc_cookies.seal_sign_in(sign_out.raw_headers)[0][1].decode()
