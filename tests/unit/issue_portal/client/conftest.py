"""The client fixtures of `tests/client`, for servers in the process of the test."""

from tests.client.conftest import connect, make_client

__all__ = ["connect", "make_client"]
