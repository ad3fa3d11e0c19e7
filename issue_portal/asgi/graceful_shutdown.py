"""Graceful shutdown: fail ``/ready``, then stop accepting requests, then finish accepted ones.

A signal reaches the whole process, so the state here is global.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

SHUTDOWN_TIMEOUT = 25
"""Seconds to finish accepted requests: longer than any query, shorter than supervisors wait."""

_is_stopping = False


def is_stopping() -> bool:
    """Return whether this process has received SIGTERM."""
    return _is_stopping


@contextmanager
def drain_on_sigterm(seconds: float) -> Iterator[None]:
    """Let SIGTERM fail ``/ready`` at once and stop the server ``seconds`` later.

    Until then the server works normally, so that proxies have time to stop sending requests. A
    second SIGTERM or Ctrl+C stops the server at once. Use this inside the lifespan, which starts
    after uvicorn has installed its signal handlers.
    """
    stop = signal.getsignal(signal.SIGTERM)
    server = getattr(stop, "__self__", None)
    if not isinstance(server, uvicorn.Server) or not callable(stop):
        yield  # Another server handles its own shutdown.
        return
    # `streamlit run` (1.67) has no option for this, and by default uvicorn waits for ever.
    server.config.timeout_graceful_shutdown = SHUTDOWN_TIMEOUT
    loop = asyncio.get_running_loop()

    def drain(signal_number: int, frame: FrameType | None) -> None:
        global _is_stopping  # noqa: PLW0603 - a signal is global
        if _is_stopping or not seconds:
            stop(signal_number, frame)
        else:
            loop.call_soon_threadsafe(loop.call_later, seconds, stop, signal_number, frame)
        _is_stopping = True

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, drain)
    yield
