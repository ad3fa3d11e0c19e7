"""Portals whose issues are on a remote server, and steps to report there."""

from dataclasses import dataclass
from pathlib import Path

from issue_portal.client.client import IssuesClient
from tests.client.conftest import SyncClient, make_variant
from tests.servers import newer_api, original_api
from tests.servers.installation import Server, VariantServer, make_portal_with_remote_api

MODULES = {"original": original_api, "newer": newer_api}


@dataclass
class RemotePortal:
    """A portal with a remote API, and the variant of that API: original or newer."""

    variant: str
    portal: Server
    api: VariantServer


def start_portal(variant: str, api: VariantServer, data_dir: Path, **env: str) -> Server:
    """Start a portal whose member and reviewer are users of a remote API."""
    module = MODULES[variant]
    portal = make_portal_with_remote_api(
        api.url,
        data_dir,
        token=module.TOKEN,
        tokens={"member": module.TOKEN, "reviewer": module.OTHER_TOKEN},
        **({"ISSUES_ORG": newer_api.ORG} if variant == "newer" else {}) | env,
    ).start()
    # The original variant has no `GET /me`, so the portal compares the email address of the account
    # with those of the reporters. Give the accounts the addresses that the API knows.
    if variant == "original":
        accounts = data_dir / "accounts.yaml"
        text = accounts.read_text()
        text = text.replace("member@example.com", original_api.USER["email"])
        accounts.write_text(text.replace("reviewer@example.com", original_api.OTHER_USER["email"]))
    return portal


def make_api_client(remote: RemotePortal) -> IssuesClient:
    """Make a client of the remote API for the member."""
    return make_variant(remote.variant, remote.api).make_client(SyncClient)


def fills_in_references(person) -> None:
    """Fill in the conversation, answer and project IDs."""
    for name, value in (
        ("Conversation ID", "t1"),
        ("Answer ID", "i1"),
        ("Project", newer_api.PROJECT),
    ):
        person.page.get_by_role("textbox", name=name).fill(value)


def sends_report(person, remote, words: str, *, by_name: bool) -> None:
    """Fill in the form and send it."""
    person.chooses("Wrong answer").writes(words)
    if by_name:
        person.reports_by_name()
    if remote.variant == "newer":
        person.expands("Conversation details")
        fills_in_references(person)
    person.presses("Send report").sees("received")
