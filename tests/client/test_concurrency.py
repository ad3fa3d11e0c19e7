"""Calls of one client from many threads and tasks at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import IssueQuery
from tests.client.conftest import apart


def test_one_client_serves_many_threads(form):
    with form.connect(IssuesClient) as client, ThreadPoolExecutor(16) as pool:
        words = [f"thread {number}" for number in range(64)]
        made = list(pool.map(lambda word: client.create(form.new(word)), words))
        assert [issue.description for issue in made] == words
        issues = list(pool.map(lambda issue: client.get(issue.id), made))
        assert [issue.description for issue in issues] == words


def test_one_client_serves_many_tasks(form):
    async def story():
        async with form.connect(AsyncIssuesClient) as client:
            words = [f"task {number}" for number in range(64)]
            made = await asyncio.gather(*(client.create(form.new(word)) for word in words))
            assert [issue.description for issue in made] == words
            assert (await client.get(made[0].id)).model_dump() == made[0].model_dump()
            async for issue in client.iterate(IssueQuery(page_size=10)):
                assert issue.id
                break

    apart(asyncio.run, story())
