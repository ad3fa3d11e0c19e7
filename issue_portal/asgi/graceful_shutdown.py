"""Stopping without losing anything: not ready first, then closed, then what was accepted is done.

A signal goes to the process as a whole, and so does what is kept here.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

FINISH_SECONDS = 25
"""For what was accepted: longer than the database may take, shorter than supervisors wait."""

_is_stopping = False


def is_stopping() -> bool:
    """Whether this process has been told to stop."""
    return _is_stopping


@contextmanager
def drain_on_sigterm(seconds: float) -> Iterator[None]:
    """Have SIGTERM turn ``/ready`` red at once, and the server stop ``seconds`` later.

    In between it serves as ever, so that a proxy has time to notice. A second SIGTERM, or Ctrl+C,
    stops at once. For use inside the lifespan: there, uvicorn's own handlers are in place.
    """
    stop = signal.getsignal(signal.SIGTERM)
    server = getattr(stop, "__self__", None)
    if not isinstance(server, uvicorn.Server) or not callable(stop):
        yield  # Whatever serves us has its own way.
        return
    # `streamlit run` has no option for it (1.67), and by default uvicorn would wait for ever.
    server.config.timeout_graceful_shutdown = FINISH_SECONDS
    loop = asyncio.get_running_loop()

    def begin(number: int, frame: FrameType | None) -> None:
        global _is_stopping  # noqa: PLW0603 - see above
        if _is_stopping or not seconds:
            stop(number, frame)
        else:
            loop.call_soon_threadsafe(loop.call_later, seconds, stop, number, frame)
        _is_stopping = True

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, begin)
    yield
