"""The client fixtures of `tests/client`, for servers in the process of the test."""

from tests.client.conftest import connect, quick

__all__ = ["connect", "quick"]
