"""Calls of the API that run at the same time, so that a page waits for the slowest one only.

A call runs in a thread without Streamlit's session: get the client first, then start the call.

    client = api_session.client()
    issue = background_calls.start(lambda: client.get(issue_id))
    page = client.list(query)
    render(issue.result(), page)
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

Result = TypeVar("Result")

_THREADS: Final = ThreadPoolExecutor(64, thread_name_prefix="api-call")
"""Threads of all sessions together. An opened issue takes up to ten, so while a remote server does
not respond, the seventh person waits until the calls of the first have timed out.
"""


def start(call: Callable[[], Result]) -> Future[Result]:
    """Start a call; ``result()`` of the returned future waits for it, and raises its error."""
    return _THREADS.submit(call)
