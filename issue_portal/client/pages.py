"""Pages of issues that know the client that fetched them, so that they lead to the next page."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, Self, TypeVar, cast

from pydantic import PrivateAttr

from issue_portal.client.issue_lists import IssueWalk
from issue_portal.client.steps import RequestSteps
from issue_portal.models.responses import Issue, IssuePage

Result = TypeVar("Result")


class _Run(Protocol):
    def __call__(self, call: RequestSteps[Result], /) -> Result: ...


class _RunAsync(Protocol):
    def __call__(self, call: RequestSteps[Result], /) -> Awaitable[Result]: ...


@dataclass(frozen=True)
class _Source:
    """The client that fetched a page, and the walk that has this page as its latest one.

    Copies of a page share it. It is neither compared nor pickled.
    """

    run: Any = field(compare=False)
    walk: IssueWalk = field(compare=False)

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()


class _FollowedPage(IssuePage):
    _source: _Source | None = PrivateAttr(default=None)

    @classmethod
    def _build(cls, page: IssuePage, source: _Source) -> Self:
        fields = {name: getattr(page, name) for name in IssuePage.model_fields}
        built = cls.model_construct(set(page.model_fields_set), **fields)
        built._source = source
        return cast(Self, built.model_copy(update=page.model_extra))

    def _get_source(self) -> _Source:
        if self._source is None:
            raise RuntimeError(
                "This page has no client, because it was unpickled or was not fetched by list(): "
                "use `data` for its issues, and client.list() or client.iterate() for others."
            )
        return self._source


class SyncIssuePage(_FollowedPage):
    """One page of a list. ``data`` has its issues.

    Iterating over the page goes on with the issues of the following pages, each once.

        for issue in client.list():
            print(issue.issue_number)
    """

    @classmethod
    def fetch(cls, run: _Run, walk: IssueWalk) -> Self:
        """Fetch the next page of a walk."""
        page = run(walk.fetch_page())
        return cls._build(page, _Source(run, walk))

    def next_page(self) -> Self | None:
        """Fetch the next page; None after the last: ``page = page.next_page()``."""
        source = self._get_source()
        walk = source.walk.copy()
        return None if walk.is_over else self.fetch(source.run, walk)

    def __iter__(self) -> Iterator[Issue]:  # type: ignore[override] # pydantic's yields the fields
        source = self._get_source()
        walk = source.walk.copy()
        yield from walk.select(self.data)
        while not walk.is_over:
            yield from source.run(walk.fetch())


class AsyncIssuePage(_FollowedPage):
    """`SyncIssuePage` for asyncio.

    async for issue in await client.list():
        print(issue.issue_number)
    """

    @classmethod
    async def fetch(cls, run: _RunAsync, walk: IssueWalk) -> Self:
        """Fetch the next page of a walk."""
        page = await run(walk.fetch_page())
        return cls._build(page, _Source(run, walk))

    async def next_page(self) -> Self | None:
        """Fetch the next page; None after the last: ``page = await page.next_page()``."""
        source = self._get_source()
        walk = source.walk.copy()
        return None if walk.is_over else await self.fetch(source.run, walk)

    async def __aiter__(self) -> AsyncIterator[Issue]:
        source = self._get_source()
        walk = source.walk.copy()
        for issue in walk.select(self.data):
            yield issue
        while not walk.is_over:
            for issue in await source.run(walk.fetch()):
                yield issue

    def __iter__(self) -> NoReturn:
        raise TypeError("Use `async for issue in page`, or `page.data` for this page only.")
