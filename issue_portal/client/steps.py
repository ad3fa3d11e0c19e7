"""The steps of a call: requests and pauses.

`issue_portal.client.core` yields the steps; the clients execute them.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from issue_portal.client.responses import Outcome


@dataclass(frozen=True)
class ClientRequest:
    """One request to send. Only method and path may be logged."""

    method: str
    path: str
    url: str = field(default="", repr=False)
    """The whole URL without the parameters; `RequestSender` sets it."""
    params: Mapping[str, Any] | None = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 0.0
    """Longest wait for the next byte, in seconds."""
    deadline: float = 0.0
    """Time of ``time.monotonic()`` at which to give up."""
    anonymous: bool = False
    """Whether to send the request without a request id."""
    has_token: bool = True
    """Whether to send the token."""


@dataclass(frozen=True)
class Pause:
    """A pause before the next step."""

    seconds: float


Result = TypeVar("Result")

RequestSteps = Generator[ClientRequest | Pause, Outcome | None, Result]
