"""Calls of the command line, and their results."""

import json
import uuid

from issue_portal.models.requests import NewIssue
from issue_portal.models.vocabulary import IssueType, ResourceType


def email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def new(description: str, *, anonymous: bool = False) -> NewIssue:
    return NewIssue(
        description=description,
        resource_type=ResourceType.THREAD,
        type=IssueType.OTHER,
        anonymous=anonymous,
    )


def result(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done, text):
    assert done.returncode == 1, done.stdout
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def new_token(api, *options) -> dict:
    return result(api.run("token", "create", "--json", *options))


def filled(server):
    """Create a token, a report by name and an anonymous one."""
    token = new_token(server, "--email", "keeper@example.com", "--role", "AppAdmin")["token"]
    with server.client(token) as client:
        named = client.create(new("Named: ärger 日本"))
        anonymous = client.create(new("Anonymous one", anonymous=True))
    return token, named, anonymous
