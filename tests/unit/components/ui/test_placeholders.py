"""Placeholders for empty, loading and failed content."""

import pytest
from streamlit.testing.v1 import AppTest


def render_page() -> None:
    import streamlit as st  # noqa: PLC0415 - the page of an AppTest

    from components.ui import placeholders  # noqa: PLC0415
    from issue_portal.client.errors import UnreachableError  # noqa: PLC0415

    name = st.query_params["show"]
    if name == "failed":
        placeholders.render_failed_and_stop(UnreachableError(), failed="We could not load <them>.")
    if name == "loading":
        st.text(placeholders.load_with_placeholder(lambda: "loaded"))
    else:
        getattr(placeholders, f"render_{name}")("Nothing <b>here</b>.")
    st.text("the rest")


def show(name: str) -> AppTest:
    at = AppTest.from_function(render_page)
    at.query_params["show"] = name
    return at.run()


@pytest.mark.parametrize("name", ["empty", "no_access", "not_supported"])
def test_sentence_is_escaped_in_an_element_with_role_status(name):
    at = show(name)
    assert not at.exception
    [html] = [element.proto.body for element in at.get("html")]
    assert 'role="status"' in html
    assert "Nothing &lt;b&gt;here&lt;/b&gt;." in html
    assert at.text[-1].value == "the rest"


def test_failure_stops_the_page_and_offers_try_again(backend):
    at = show("failed")
    assert not at.exception
    [html] = [element.proto.body for element in at.get("html")]
    assert 'role="alert"' in html
    assert "&lt;them&gt;" in html
    assert at.button(key="try_again").label == "Try again"
    assert not at.text


def test_loading_placeholder_is_removed_after_loading():
    at = show("loading")
    assert [text.value for text in at.text] == ["loaded", "the rest"]
    assert not at.get("html")
