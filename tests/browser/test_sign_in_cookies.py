"""Cookies of a sign-in by OpenID Connect: expiry, claims, forged combinations."""

import hashlib
import json
import re
import time
import uuid

import httpx
import pytest

from tests.browser.provider_sign_in import (
    fetch,
    fetch_export_status,
    leaves_for_the_provider,
    sign_in_cookies,
    signs_in_as,
)
from tests.servers.oidc import COOKIE_SECRET, PEOPLE
from web.streamlit_compat import create_signed_value


@pytest.mark.parametrize(
    ("age_hours", "changes", "text"),
    [
        (11.9, {}, "Newest"),
        (12.1, {}, "Sign in to see this page."),
        (-1, {}, "Sign in to see this page."),
        (0, {"origin": "https://elsewhere.example"}, "Sign in to see this page."),
        (0, {"email_verified": False}, "as rob@example.com, which has no access here."),
        (0, {"email": None}, "as Rob Reviewer, which has no access here."),
    ],
)
def test_sign_in_expires_and_its_claims_are_checked(
    new_person, oidc_portal, age_hours, changes, text
):
    claims = {
        **PEOPLE["rob"],
        "sub": "rob",
        "iat": int(time.time() - age_hours * 3600),
        "nonce": uuid.uuid4().hex,
        "is_logged_in": True,
        "origin": oidc_portal.url,
    }
    content = json.dumps(claims | changes)
    seal = hashlib.sha256(content.encode()).hexdigest()
    cookies = [
        {
            "name": name,
            "value": create_signed_value(COOKIE_SECRET, name, value).decode(),
            "url": oidc_portal.url,
        }
        for name, value in (("_streamlit_user", content), ("_streamlit_user_seal", seal))
    ]
    person = new_person(oidc_portal)
    person.context.add_cookies(cookies)
    person.opens("/review").sees(text)
    assert fetch_export_status(person, cookies) == (200 if text == "Newest" else 401)


def test_callback_is_refused_in_a_browser_that_did_not_start_the_sign_in(new_person, oidc_portal):
    """Another host of the domain can set Streamlit's state cookie, so the portal has its own."""
    mia = leaves_for_the_provider(new_person(oidc_portal).opens("/sign_in"))
    start_cookies = [c["name"] for c in mia.context.cookies() if "_begun_" in c["name"]]
    assert len(start_cookies) == 1
    mia.context.clear_cookies(name=start_cookies[0])
    mia.presses("mia").sees("Sign-in was refused or didn't finish.")
    assert sign_in_cookies(mia) == []


def test_cookies_of_two_sign_ins_cannot_be_combined(new_person, oidc_portal, provider):
    """Streamlit splits long values into several cookies and signs each separately."""
    sign_ins = []
    for last_role in ("issue-reviewers", "staff"):
        roles = [uuid.uuid4().hex for _ in range(200)]
        claims = PEOPLE["max"] | {"realm_access": {"roles": [*roles, last_role]}}
        httpx.put(f"{provider.url}/users/max", json=claims).raise_for_status()
        person = signs_in_as(new_person(oidc_portal).opens("/sign_in"), "max")
        sign_ins.append({c["name"]: c["value"] for c in sign_in_cookies(person)})
    reviewer_cookies, member_cookies = sign_ins

    def export_status(cookies: dict[str, str]) -> int:
        return fetch(oidc_portal, "/issues.csv", cookies).status_code

    assert export_status(reviewer_cookies) == export_status(member_cookies) == 200
    parts = sorted(name for name in reviewer_cookies if re.fullmatch(r"_streamlit_user_\d", name))
    assert len(parts) > 1
    for part in parts:
        assert export_status(member_cookies | {part: reviewer_cookies[part]}) == 401
    mixed = member_cookies | {parts[-1]: reviewer_cookies[parts[-1]]}
    thief = new_person(oidc_portal)
    thief.context.add_cookies(
        [{"name": name, "value": value, "url": oidc_portal.url} for name, value in mixed.items()]
    )
    thief.opens("/review").sees("Sign in to see this page.")
    # A combination that is no valid JSON causes no error.
    invalid = member_cookies | {parts[0]: reviewer_cookies[parts[-1]]}
    assert export_status(invalid) == 401
    assert fetch(oidc_portal, "/auth/logout", invalid).status_code < 400
