"""Cookies of an OpenID Connect sign-in: expiry, claims, forged combinations."""

import hashlib
import json
import re
import time
import uuid

import httpx
import pytest

from tests.browser.provider_sign_in import (
    asks,
    asks_for_all,
    download,
    leaves_for_the_provider,
    sign_in_cookies,
    signs_in_as,
)
from tests.servers.oidc import COOKIE_SECRET, PEOPLE
from web.streamlit_compat import create_signed_value


@pytest.mark.parametrize(
    ("hours", "changes", "seen"),
    [
        (11.9, {}, "More filters"),
        (12.1, {}, "Sign in to see this page."),
        (-1, {}, "Sign in to see this page."),
        (0, {"origin": "https://elsewhere.example"}, "Sign in to see this page."),
        (0, {"email_verified": False}, "as rob@example.com, which has no access here."),
        (0, {"email": None}, "as Rob Reviewer, which has no access here."),
    ],
)
def test_sign_in_expires_and_its_claims_are_checked(people, single, hours, changes, seen):
    claims = {
        **PEOPLE["rob"],
        "sub": "rob",
        "iat": int(time.time() - hours * 3600),
        "nonce": uuid.uuid4().hex,
        "is_logged_in": True,
        "origin": single.url,
    }
    kept = json.dumps(claims | changes)
    seal = hashlib.sha256(kept.encode()).hexdigest()
    cookies = [
        {
            "name": name,
            "value": create_signed_value(COOKIE_SECRET, name, value).decode(),
            "url": single.url,
        }
        for name, value in (("_streamlit_user", kept), ("_streamlit_user_seal", seal))
    ]
    person = people(single)
    person.context.add_cookies(cookies)
    person.opens("/review").sees(seen)
    assert download(person, cookies) == (200 if seen == "More filters" else 401)


def test_return_without_a_departure_is_refused(people, single):
    """Another host of the domain can set the cookie in which Streamlit keeps the state."""
    mia = leaves_for_the_provider(people(single).opens("/sign_in"))
    begun = [c["name"] for c in mia.context.cookies() if "_begun_" in c["name"]]
    assert len(begun) == 1
    mia.context.clear_cookies(name=begun[0])
    mia.presses("mia").sees("Sign-in was refused or didn't finish.")
    assert sign_in_cookies(mia) == []


def test_cookies_of_two_sign_ins_cannot_be_combined(people, single, provider):
    """Streamlit splits long values into several cookies and signs each separately."""
    kept = []
    for last in ("issue-reviewers", "staff"):
        groups = [uuid.uuid4().hex for _ in range(200)]
        claims = PEOPLE["max"] | {"realm_access": {"roles": [*groups, last]}}
        httpx.put(f"{provider.url}/users/max", json=claims).raise_for_status()
        person = signs_in_as(people(single).opens("/sign_in"), "max")
        kept.append({c["name"]: c["value"] for c in sign_in_cookies(person)})
    of_reviewer, of_member = kept
    assert asks_for_all(single, of_reviewer) == asks_for_all(single, of_member) == 200
    parts = sorted(name for name in of_reviewer if re.fullmatch(r"_streamlit_user_\d", name))
    assert len(parts) > 1
    for part in parts:
        assert asks_for_all(single, of_member | {part: of_reviewer[part]}) == 401
    mixed = of_member | {parts[-1]: of_reviewer[parts[-1]]}
    thief = people(single)
    thief.context.add_cookies(
        [{"name": name, "value": value, "url": single.url} for name, value in mixed.items()]
    )
    thief.opens("/review").sees("Sign in to see this page.")
    # What makes no sense at all fails nothing.
    nonsense = of_member | {parts[0]: of_reviewer[parts[-1]]}
    assert asks_for_all(single, nonsense) == 401
    assert asks(single, "/auth/logout", nonsense).status_code < 400
