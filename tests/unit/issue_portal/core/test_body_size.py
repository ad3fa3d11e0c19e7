"""The size of a request body, from its headers."""

import pytest

from issue_portal.core.body_size import estimate_body_size


@pytest.mark.parametrize(
    ("headers", "size"),
    [
        ({}, 0),
        ({"content-length": "5"}, 5),
        ({"content-length": "5000"}, 100),
        ({"content-length": "9" * 5_000}, 100),
        ({"content-length": "-5"}, 0),
        ({"content-length": "5x"}, 0),
        ({"transfer-encoding": "chunked"}, 100),
        ({"transfer-encoding": "chunked", "content-length": "5"}, 100),
    ],
)
def test_size_is_the_content_length_or_the_maximum(headers, size):
    assert estimate_body_size(headers, 100) == size
