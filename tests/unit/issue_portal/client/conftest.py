"""The clients of `tests/client`, against servers that live in the test's own process."""

from tests.client.conftest import connect, quick

__all__ = ["connect", "quick"]
