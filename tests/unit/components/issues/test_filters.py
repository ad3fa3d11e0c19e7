"""The filters in the URL, and the criteria that the page makes of them."""

import pytest
from streamlit.testing.v1 import AppTest

from components import server_capabilities
from components.issues import filter_options
from components.issues.filter_widgets import _clean_search, _parse_ids


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - the page of an AppTest

    from components.issues import filters  # noqa: PLC0415

    st.text(repr(sorted(filters.render_toolbar().to_params().items())))


def use_own_server(monkeypatch) -> None:
    """Let the portal find that its server has all filters."""
    for name in ("can_filter", "can_search_all_fields", "has_extra_filters"):
        monkeypatch.setattr(server_capabilities, name, lambda: True)


@pytest.fixture
def filter_by(monkeypatch):
    """Render the queue's filters with a page URL; return the parameters of the API request."""
    monkeypatch.setattr(filter_options, "list_reporters", lambda: {"user_1": "Ann"})
    monkeypatch.setattr(filter_options, "list_projects", lambda: {"p": "p"})
    use_own_server(monkeypatch)

    def run(*, state: str = "all", **parameters: str) -> dict[str, object]:
        parameters["state"] = state
        at = AppTest.from_function(page)
        for name, value in parameters.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception
        return dict(eval(at.text[0].value))

    return run


@pytest.mark.parametrize(
    ("in_url", "expected"),
    [
        ({}, {}),
        ({"q": "policy"}, {"search": "policy"}),
        ({"q": "\u200b\n"}, {}),
        ({"state": ""}, {"states": "NotReviewed,InReview"}),
        ({"state": "Closed"}, {"states": "Closed"}),
        ({"state": "InReview,NotReviewed"}, {"states": "NotReviewed,InReview"}),
        ({"state": "Closed,InReview"}, {"states": "Closed,InReview"}),
        ({"state": "Nonsense"}, {}),
        ({"unread": "1"}, {"is_read": "false"}),
        ({"unread": "yes"}, {}),
        ({"anonymous": "1"}, {"anonymous": "true"}),
        ({"kind": "Format,Nonsense"}, {"type": "Format"}),
        ({"project": "p, q"}, {"projects": "p,q"}),
        ({"order": "ASC"}, {"page_order": "ASC"}),
        ({"order": "DESC"}, {}),
        ({"order": "sideways"}, {}),
        ({"created": "yesterday"}, {}),
    ],
)
def test_valid_url_parameters_become_criteria(filter_by, in_url, expected):
    assert filter_by(**in_url) == expected


def test_date_range_includes_the_last_day(filter_by):
    query = filter_by(created="2026-11-01,2026-11-02")
    assert int(str(query["end_date"])) - int(str(query["start_date"])) == 2 * 86_400_000


@pytest.mark.parametrize(
    ("joined", "expected"),
    [
        ("", []),
        ("a,b", ["a", "b"]),
        (" a , ,b", ["a", "b"]),
        ("x" * 201, []),
        (",".join(map(str, range(30))), [str(n) for n in range(20)]),
    ],
)
def test_invalid_and_excess_ids_are_dropped(joined, expected):
    assert _parse_ids(joined) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("a b", "a b"), ("a\x00b", "ab"), ("x" * 300, "x" * 200)]
)
def test_search_text_is_printable_and_limited(text, expected):
    assert _clean_search(text) == expected


def toolbar() -> None:
    import streamlit as st  # noqa: PLC0415 - the page of an AppTest

    from components.issues import filters  # noqa: PLC0415

    filters.render_toolbar()
    filters.render_chips()
    st.text(st.query_params.get("state", ""))


def test_queue_remembers_the_last_tab(monkeypatch):
    use_own_server(monkeypatch)
    at = AppTest.from_function(toolbar).run()
    at.button_group(key="state").set_value("Closed").run()
    assert at.text[0].value == "Closed"
    # A link to the queue without a state.
    del at.query_params["state"]
    at.run()
    assert (at.button_group(key="state").value, at.text[0].value) == ("Closed", "Closed")


def test_chip_shows_and_removes_a_filter(monkeypatch):
    use_own_server(monkeypatch)
    monkeypatch.setattr(filter_options, "list_reporters", lambda: {})
    monkeypatch.setattr(filter_options, "list_projects", lambda: {})
    at = AppTest.from_function(toolbar)
    at.query_params["kind"] = "Format,Other"
    at.query_params["unread"] = "1"
    at.run()
    chips = {at.button(key=f"clear_{key}").label for key in ("kind", "unread")}
    assert chips == {"Type of problem: Poor formatting +1", "Unread"}
    at.button(key="clear_kind").click().run()
    assert "kind" not in at.query_params
    assert at.query_params["unread"] == "1"
