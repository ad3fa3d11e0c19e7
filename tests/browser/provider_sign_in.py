"""Steps of people who sign in at an OpenID Connect provider."""

import httpx
from playwright.sync_api import expect

from tests.servers.installation import Server


def leaves_for_the_provider(person, button: str = "Sign in"):
    person.page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
    expect(person.page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    return person


def signs_in_as(person, name: str, button: str = "Sign in"):
    leaves_for_the_provider(person, button).presses(name)
    # Once they are back where they wanted to be, the note of it is removed.
    person.waits_until(lambda: not person.has_cookie("issue_portal_errand")).settles()
    return person


def signs_out(person):
    person.presses("Sign out").presses("End session").sees("You're signed out.")
    person.settles()
    return person


def sign_in_cookies(person) -> list[dict]:
    return [c for c in person.context.cookies() if c["name"].startswith("_streamlit_user")]


def download(person, cookies: list[dict]) -> int:
    jar = {cookie["name"]: cookie["value"] for cookie in cookies}
    return asks_for_all(person.server, jar)


def asks(server: Server, path: str, cookies: dict[str, str]) -> httpx.Response:
    return httpx.get(f"{server.url}{path}", cookies=cookies)


def asks_for_all(server: Server, cookies: dict[str, str]) -> int:
    return asks(server, "/issues.csv", cookies).status_code
