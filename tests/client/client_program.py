"""A program that uses the installed client. `test_environments` runs it in each environment.

It imports nothing else of this repository. It reads a list of `Target` from standard input and
prints the versions in use.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any

import httpx
import pydantic

from issue_portal import AsyncIssuesClient, IssuesClient, errors
from issue_portal.models.requests import IssueQuery, NewIssue
from issue_portal.models.vocabulary import IssueState, IssueType, ResourceType


@dataclass
class Target:
    """A server to call."""

    url: str
    token: str
    org: str | None = None
    required_fields: dict[str, Any] = field(default_factory=dict)
    """Fields that each new issue must have."""
    has_receipts: bool = False

    def make_new_issue(self, *, anonymous: bool = False) -> NewIssue:
        return NewIssue(
            description="Sent by an installed client.",
            resource_type=ResourceType.THREAD,
            type=IssueType.FORMAT,
            anonymous=anonymous,
            **self.required_fields,
        )


NEW = IssueQuery(states=(IssueState.NOT_REVIEWED,), type=(IssueType.FORMAT,), page_size=2)


def call_sync(target: Target) -> None:
    with IssuesClient(target.url, target.token, org=target.org) as client:
        issue = client.create(target.make_new_issue())
        assert issue.id in [item.id for item in client.list().data]
        assert any(item.id == issue.id for item in client.iterate(NEW))
        assert client.get(issue.id).state is IssueState.NOT_REVIEWED
        changed = client.update(issue, state=IssueState.CLOSED, is_read=True, if_unchanged=True)
        assert (changed.state, changed.is_read) == (IssueState.CLOSED, True)
        client.delete(issue.id)
        try:
            client.get(issue.id)
            raise AssertionError("the issue was deleted")
        except errors.NotFoundError as error:
            assert error.status == 404
        anonymous = client.create(target.make_new_issue(anonymous=True))
        assert (anonymous.receipt is not None) == target.has_receipts
        if anonymous.receipt is not None:
            assert client.look_up_receipt(anonymous.receipt).type is IssueType.FORMAT


async def call_async(target: Target) -> None:
    async with AsyncIssuesClient(target.url, target.token, org=target.org) as client:
        issue = await client.create(target.make_new_issue())
        assert issue.id in [item.id for item in (await client.list()).data]
        async for item in client.iterate(NEW):
            if item.id == issue.id:
                break
        else:
            raise AssertionError("the list lacks the issue")
        assert (await client.get(issue.id)).state is IssueState.NOT_REVIEWED
        changed = await client.update(
            issue, state=IssueState.CLOSED, is_read=True, if_unchanged=True
        )
        assert (changed.state, changed.is_read) == (IssueState.CLOSED, True)
        await client.delete(issue.id)
        try:
            await client.get(issue.id)
            raise AssertionError("the issue was deleted")
        except errors.NotFoundError as error:
            assert error.status == 404
        anonymous = await client.create(target.make_new_issue(anonymous=True))
        assert (anonymous.receipt is not None) == target.has_receipts
        if anonymous.receipt is not None:
            assert (await client.look_up_receipt(anonymous.receipt)).type is IssueType.FORMAT


if __name__ == "__main__":
    for values in json.load(sys.stdin):
        call_sync(Target(**values))
        asyncio.run(call_async(Target(**values)))
    python = ".".join(map(str, sys.version_info[:2]))
    versions = {"python": python, "httpx": httpx.__version__, "pydantic": pydantic.VERSION}
    json.dump(versions, sys.stdout)
