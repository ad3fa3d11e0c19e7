"""Concurrent calls of one client from many threads or tasks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import IssueQuery
from tests.client.conftest import make_variant, run_in_new_thread


def test_one_client_serves_many_threads(api_variant):
    with api_variant.make_client(IssuesClient) as client, ThreadPoolExecutor(16) as pool:
        texts = [f"thread {number}" for number in range(64)]
        created = list(
            pool.map(lambda text: client.create(api_variant.make_new_issue(text)), texts)
        )
        assert [issue.description for issue in created] == texts
        issues = list(pool.map(lambda issue: client.get(issue.id), created))
        assert [issue.description for issue in issues] == texts


def test_one_client_serves_many_tasks(api_variant):
    async def use_client():
        async with api_variant.make_client(AsyncIssuesClient) as client:
            texts = [f"task {number}" for number in range(64)]
            created = await asyncio.gather(
                *(client.create(api_variant.make_new_issue(text)) for text in texts)
            )
            assert [issue.description for issue in created] == texts
            stored = await client.get(created[0].id)
            expected = created[0].model_dump(include=stored.model_fields_set)
            assert stored.model_dump(exclude_unset=True) == expected
            async for issue in client.iterate(IssueQuery(page_size=10)):
                assert issue.id
                break

    run_in_new_thread(asyncio.run, use_client())


def test_tasks_do_not_wait_for_each_other(remote_api):
    server = remote_api("newer", latency=200)

    async def use_client():
        async with make_variant("newer", server).make_client(AsyncIssuesClient) as client:
            await asyncio.gather(*(client.me() for _ in range(4)))

    server.clear_calls()
    run_in_new_thread(asyncio.run, use_client())
    first, *others = server.calls
    assert [first.overlaps(call) for call in others] == [True] * 3
