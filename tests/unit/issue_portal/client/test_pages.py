"""Pages of a list: the next page, and iteration over the following pages."""

import copy
import pickle

import httpx
import pytest

from issue_portal import BadResponseError, IssuesClient
from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.pages import AsyncIssuePage, SyncIssuePage
from issue_portal.models.requests import IssueQuery
from tests.client.conftest import TLS
from tests.loops import run_in_loop
from tests.servers.scripted_server import serving


def make_page(ids, more=None, cursor=None, **fields):
    flags = {"has_next_page": more, "next_cursor": cursor}
    return (200, {}, {"data": [{"id": i} for i in ids], **flags, **fields})


def join(issues) -> str:
    return "".join(issue.id for issue in issues)


def get_params(server) -> dict:
    return dict(httpx.URL(server.requests[-1][1]).params)


BY_NUMBER = [make_page("ab", True), make_page("bc", True), make_page("d", False)]
BY_CURSOR = [make_page("ab", True, "x"), make_page("bc", True, "y"), make_page("d", False, "z")]


@pytest.mark.parametrize("pages", [BY_NUMBER, BY_CURSOR], ids=["by number", "by cursor"])
def test_page_leads_to_the_next(make_client, pages):
    with serving(*pages) as server:
        page = make_client(server.url).list(IssueQuery(page_size=2))
        texts = []
        while page:
            texts.append(join(page.data))
            page = page.next_page()
        assert texts == ["ab", "bc", "d"]
        assert len(server.requests) == 3
        assert get_params(server)["page_size"] == "2"


@pytest.mark.parametrize("pages", [BY_NUMBER, BY_CURSOR], ids=["by number", "by cursor"])
def test_iteration_goes_on_over_the_following_pages_lazily(make_client, pages):
    with serving(*pages) as server:
        page = make_client(server.url).list()
        issues = iter(page)
        assert next(issues).id + next(issues).id == "ab"
        assert len(server.requests) == 1
        assert join(issues) == "cd", "each issue once"
        assert join(page.data) == "ab"


def test_iteration_can_be_repeated_and_start_later(make_client):
    with serving(*BY_CURSOR[:2], *BY_CURSOR[1:], *BY_CURSOR[1:], BY_CURSOR[2]) as server:
        page = make_client(server.url).list()
        second = page.next_page()
        assert [join(page), join(page)] == ["abcd", "abcd"]
        assert join(second) == "bcd"
        assert get_params(server)["after"] == "y"


def test_next_page_of_a_backward_list_goes_forwards(make_client):
    with serving(make_page("ab", True, "x"), make_page("c", False)) as server:
        client = make_client(server.url)
        client.list(IssueQuery(before="q", last=2)).next_page()
        params = get_params(server)
        assert (params["after"], params["first"]) == ("x", "2")
        assert not {"before", "last"} & params.keys()


@pytest.mark.parametrize("answer", [make_page("ab", True), make_page("ab", True, "x")])
def test_list_without_an_end_is_noticed(make_client, answer):
    with serving(answer) as server:
        client = make_client(server.url)
        with pytest.raises(BadResponseError, match="no end"):
            list(client.list())
        page = client.list()
        with pytest.raises(BadResponseError, match="no end"):
            while page:
                page = page.next_page()
        assert len(server.requests) < 12


def test_unknown_fields_of_a_page_are_kept_and_cannot_replace_its_methods(make_client):
    names = ("next_page", "next_url", "_source", "_fields_set", "model_fields")
    with serving(make_page("a", False, **dict.fromkeys(names, "x"))) as server:
        page = make_client(server.url).list()
        assert page.model_extra == dict.fromkeys(names, "x")
        assert page.model_dump()["next_url"] == "x"
        assert page.next_page() is None
        assert join(page) == "a"


def test_page_without_a_client_says_so():
    with serving(*BY_CURSOR) as server, IssuesClient(server.url, "t") as client:
        page = client.list()
        unpickled = pickle.loads(pickle.dumps(page))
        assert unpickled.data == page.data
        for orphan in (unpickled, SyncIssuePage(data=())):
            for use in (list, SyncIssuePage.next_page):
                with pytest.raises(RuntimeError, match="no client"):
                    use(orphan)
        assert join(copy.deepcopy(page)) == "abcd"
        assert page == copy.deepcopy(page)


def test_async_page_is_not_iterated_synchronously():
    async def scenario():
        async with httpx.AsyncClient(verify=TLS) as http_client:
            page = await AsyncIssuesClient(server.url, "t", http_client=http_client).list()
            with pytest.raises(TypeError, match="async for"):
                list(page)
            assert [issue.id async for issue in page] == list("abcd")
        with pytest.raises(RuntimeError, match="no client"):
            await AsyncIssuePage(data=()).next_page()

    with serving(*BY_CURSOR) as server:
        run_in_loop(scenario)
