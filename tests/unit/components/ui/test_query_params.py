"""Query parameters: reading, changing, and the values of widgets."""

from datetime import date

import pytest

from components.ui import query_params


@pytest.fixture
def set_url(monkeypatch):
    """Set the query parameters of the browser; return them as a dictionary."""

    class Parameters(dict):
        to_dict = dict.copy

        def from_dict(self, values):
            self.clear()
            self.update(values)

    def set_parameters(**values: str) -> Parameters:
        parameters = Parameters(values)
        monkeypatch.setattr(query_params.st, "query_params", parameters)
        monkeypatch.setattr(query_params.st, "session_state", {})
        return parameters

    return set_parameters


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", []), ("a", ["a"]), ("b,a", ["b", "a"]), ("a,x", ["a"]), ("A, a", []), (",,", [])],
)
def test_list_has_only_allowed_values(set_url, value, expected):
    set_url(key=value)
    assert query_params.read_list("key", ["a", "b"]) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-01,2026-11-03", (date(2026, 11, 1), date(2026, 11, 3))),
        ("2026-11-03,2026-11-01", (date(2026, 11, 1), date(2026, 11, 3))),
        ("2026-11-01", (date(2026, 11, 1),)),
        ("2026-11-01,2026-11-02,2026-11-03", (date(2026, 11, 1), date(2026, 11, 2))),
        ("", ()),
        ("yesterday", ()),
        ("2026-11-31", ()),
        ("1969-12-31", ()),
        ("2100-01-01", ()),
        ("0001-01-01", ()),
        ("2026-01-01,9999-12-31", ()),
        ("x,y", ()),
    ],
)
def test_dates_are_sorted_and_within_bounds(set_url, value, expected):
    set_url(key=value)
    assert query_params.read_dates("key") == expected


def test_unwritten_changes_can_be_read_and_are_written_together(set_url):
    parameters = set_url(a="1", b="2")
    query_params.change(a="3")
    query_params.change(b="", c="4")
    assert [query_params.read(name) for name in "abcd"] == ["3", "", "4", ""]
    assert parameters == {"a": "1", "b": "2"}
    query_params.write_url()
    assert parameters == {"a": "3", "c": "4"}


def test_forgotten_changes_are_not_written(set_url):
    parameters = set_url(a="1")
    query_params.change(a="3")
    query_params.forget_url_changes_and_history()
    query_params.write_url()
    assert parameters == {"a": "1"}


def test_widget_is_restored_from_the_url_unless_the_person_changed_it(set_url):
    parameters = set_url(a="1")
    state = query_params.st.session_state
    query_params.restore("a", "1")
    query_params.keep("a", "1")
    parameters["a"] = "2"
    query_params.restore("a", "2")
    assert state["a"] == "2"
    query_params.keep("a", "2")
    state["a"] = "typed"
    query_params.restore("a", "2")
    assert state["a"] == "typed"


def test_change_replaces_what_the_person_enters_at_the_same_moment(set_url):
    set_url()
    state = query_params.st.session_state
    query_params.restore("a", "")
    query_params.keep("a", "")
    state["a"] = "typed"
    query_params.change(a="")
    query_params.restore("a", "")
    assert state["a"] == ""
