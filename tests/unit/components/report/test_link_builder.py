"""The builder of links to the report form."""

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    from components.report import link_builder  # noqa: PLC0415 - the page of an AppTest

    link_builder.render()


@pytest.fixture
def at() -> AppTest:
    return AppTest.from_function(page).run()


def test_link_without_values_has_no_parameters(at):
    assert not at.exception
    assert at.code[0].value.endswith("/")
    assert "?" not in at.code[0].value


def test_values_are_in_the_link(at):
    at.selectbox(key="link_type").select("Format")
    at.text_area(key="link_text").set_value("a b")
    at.text_input(key="link_reference_2").set_value("p-1")
    at.run()
    assert at.code[0].value.endswith("?type=Format&description=a+b&project=p-1")


@pytest.mark.parametrize(
    ("key", "value", "warning"),
    [
        ("link_reference_0", "thread", "both the conversation ID and the answer ID"),
        ("link_reference_1", "interaction", "both the conversation ID and the answer ID"),
        ("link_reference_2", "a b", "letters (a–z)"),
    ],
)
def test_invalid_or_incomplete_ids_show_a_warning_in_place_of_the_link(at, key, value, warning):
    at.text_input(key=key).set_value(value).run()
    assert warning in at.warning[0].value
    assert len(at.code) == 0


def test_frame_code_has_a_note_about_other_sites(at):
    at.toggle(key="link_framed").set_value(True).run()
    assert at.code[0].value.startswith('<iframe id="issue-portal" src=')
    assert any("ISSUES_EMBED_IN" in caption.value for caption in at.caption)
