"""The fixtures of `tests/client` that make clients. The servers here run in the test process."""

from tests.client.conftest import connect, make_client

__all__ = ["connect", "make_client"]
