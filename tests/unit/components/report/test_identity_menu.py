"""The menu that chooses between an anonymous report and a report by name."""

import pytest
from streamlit.testing.v1 import AppTest

from auth import current_user
from components import server_capabilities
from components.report import embed, identity_menu
from issue_portal.core.portal_token import Person
from issue_portal.models.vocabulary import Role

MORGAN = Person("morgan@example.com", "Morgan", Role.MEMBER)


@pytest.mark.parametrize(
    ("is_anonymous", "gives_receipts", "expected"),
    [
        (True, True, "No one can see who sent this. You'll get a receipt."),
        (True, False, "No one can see who sent this. You won't be able to track it."),
        (True, None, "No one can see who sent this."),
        (False, True, "Reviewers will see your name."),
    ],
)
def test_explanation_promises_a_receipt_only_if_the_server_gives_one(
    monkeypatch, is_anonymous, gives_receipts, expected
):
    monkeypatch.setattr(server_capabilities, "gives_receipts", lambda: gives_receipts)
    assert identity_menu.explain(is_anonymous=is_anonymous) == expected


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - the page of an AppTest

    from components.report import identity_menu  # noqa: PLC0415

    is_anonymous = identity_menu.render(st.session_state["person"])
    st.text(f"anonymous: {is_anonymous}")


def run(person: Person | None, **choice: bool) -> AppTest:
    at = AppTest.from_function(page)
    at.session_state["person"] = person
    for key, value in choice.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception
    return at


def find_menu(at: AppTest):
    return next(iter(at.get("menu_button")), None)


def test_report_is_anonymous_until_the_person_chooses(backend):
    at = run(None)
    menu = find_menu(at).proto
    assert (at.text[0].value, menu.label) == ("anonymous: True", "You are anonymous")
    assert list(menu.options) == ["Anonymous", "With my name (sign in)"]
    assert run(None, report_anonymous=False).text[0].value == "anonymous: False"


def test_member_is_named_in_the_menu(backend, monkeypatch):
    monkeypatch.setattr(current_user, "may", lambda _action: True)
    menu = find_menu(run(MORGAN, report_anonymous=False)).proto
    assert (menu.label, list(menu.options)) == ("As Morgan", ["Anonymous", "As Morgan"])


@pytest.mark.parametrize("person", [None, MORGAN])
def test_without_a_choice_the_report_is_anonymous(backend, monkeypatch, person):
    """A frame has no sign-in, and a guest may not report by name."""
    monkeypatch.setattr(embed, "is_embedded", lambda: True)
    monkeypatch.setattr(current_user, "may", lambda _action: False)
    at = run(person, report_anonymous=False)
    assert at.text[0].value == "anonymous: True"
    assert find_menu(at) is None
