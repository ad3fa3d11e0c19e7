"""The fixtures of `tests/client` that make clients. The servers here run in the test process."""

from tests.client.conftest import client_factory, make_client

__all__ = ["client_factory", "make_client"]
