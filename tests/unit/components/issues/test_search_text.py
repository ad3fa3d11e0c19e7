"""A search becomes parameters that the server in use has."""

import pytest

from components import server_capabilities
from components.issues.search_text import build_search_parameters
from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery


@pytest.fixture
def use_server(monkeypatch):
    """A function that sets what the server in use can do."""

    def use(*, filters: bool, search: bool = False, extra_filters: bool = False) -> None:
        for name, value in (
            ("can_filter", filters),
            ("can_search_all_fields", search),
            ("has_extra_filters", extra_filters),
        ):
            monkeypatch.setattr(server_capabilities, name, lambda value=value: value)

    return use


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"filters": True, "search": True, "extra_filters": True}, ["search"] * 3),
        (
            {"filters": True, "extra_filters": True},
            ["numbers", "numbers", "filter_by_text"],
        ),
        ({"filters": True}, ["filter_by_text"] * 3),
        ({"filters": False}, ["search"] * 3),
    ],
    ids=["this version", "earlier version", "other server", "server without filters"],
)
def test_search_uses_what_the_server_has(use_server, capabilities, expected):
    use_server(**capabilities)
    typed = (" #12 ", "12", " a text")
    parameters = [build_search_parameters(text) for text in typed]
    assert [[*each] for each in parameters] == [[name] for name in expected]
    for text, each in zip(typed, parameters, strict=True):
        assert each in ({"numbers": (12,)}, {expected[2]: text.strip()})
        IssueQuery(**each)


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_blank_text_needs_no_request(monkeypatch, text):
    monkeypatch.setattr(server_capabilities, "can_filter", lambda: pytest.fail("asked"))
    assert build_search_parameters(text) == {}


@pytest.mark.parametrize("text", ["#", "#99999999999999999999", "12 a", "-12", "1.5", "##1", "²"])
def test_what_is_no_number_is_searched_for_as_a_text(use_server, text):
    use_server(filters=True, extra_filters=True)
    assert build_search_parameters(text) == {"filter_by_text": text}


def test_failure_is_raised(monkeypatch):
    def fail() -> bool:
        raise errors.UnreachableError

    monkeypatch.setattr(server_capabilities, "can_filter", fail)
    with pytest.raises(errors.UnreachableError):
        build_search_parameters("x")
