"""The menu that chooses between an anonymous report and a report by name."""

from enum import StrEnum
from typing import Final

import streamlit as st

from auth import current_user
from components import server_capabilities
from components.report import draft_autosave, embed
from components.report.report_input import WIDGET_KEYS
from components.ui import js_component, user_names
from components.ui.i18n import _
from issue_portal.core.portal_token import Person
from issue_portal.models.permissions import Action

_CHOICE_KEY: Final = WIDGET_KEYS["anonymous"]
"""Session key of the choice: True for an anonymous report. Missing until the person chooses."""

_MENU_KEY: Final = "report_identity"
_RESTORE_KEY: Final = "report_identity_restore"


class Identity(StrEnum):
    """The options of the menu: the report has no sender, or the person's name."""

    ANONYMOUS = "anonymous"
    NAMED = "named"


def render(person: Person | None) -> bool:
    """Render the menu; return whether the report is anonymous.

    Without a choice, it is a line of text. The browser tab stores the choice with the draft.
    """
    if not _may_choose(person):
        text = _("You are anonymous")
        st.html(f'<p class="identity">{text}</p>', width="content")
        return True
    is_anonymous = bool(st.session_state.get(_CHOICE_KEY, True))
    st.menu_button(
        _("You are anonymous") if is_anonymous else _format_named(person),
        list(Identity),
        format_func=lambda option: _format_option(option, person),
        key=_MENU_KEY,
        type="tertiary",
        on_click=_store_menu_choice,
    )
    return is_anonymous


def mount_script(person: Person | None) -> None:
    """Store the choice in the browser tab, or restore the one that the tab has stored."""
    data = {
        "name": draft_autosave.REPORT_DRAFT,
        "owner": draft_autosave.hash_owner(person),
        "key": _CHOICE_KEY,
        "chosen": st.session_state.get(_CHOICE_KEY),
    }
    js_component.mount(
        __file__, key=_RESTORE_KEY, data=data, on_anonymous_change=_store_restored_choice
    )


def explain(*, is_anonymous: bool) -> str:
    """Say in one line who will see the reporter, and whether the report can be tracked."""
    if not is_anonymous:
        return _("Reviewers will see your name.")
    match server_capabilities.gives_receipts():
        case True:
            return _("No one can see who sent this. You'll get a receipt.")
        case False:
            return _("No one can see who sent this. You won't be able to track it.")
        case None:
            return _("No one can see who sent this.")


def _may_choose(person: Person | None) -> bool:
    """Return whether there is a choice: people cannot sign in inside a frame."""
    if person is None:
        return not embed.is_embedded()
    return current_user.may(Action.CREATE_NAMED)


def _format_named(person: Person | None) -> str:
    if person is None:
        return _("With your name")
    return _("As {name}").format(name=user_names.format_account_label(person.name))


def _format_option(option: Identity, person: Person | None) -> str:
    if option is Identity.NAMED:
        return _format_named(person) if person else _("With my name (sign in)")
    if server_capabilities.get_capabilities().receipts is False:
        return _("Anonymous (can't be tracked)")
    return _("Anonymous")


def _store_menu_choice() -> None:
    st.session_state[_CHOICE_KEY] = st.session_state[_MENU_KEY] == Identity.ANONYMOUS


def _store_restored_choice() -> None:
    restored = st.session_state[_RESTORE_KEY].anonymous
    if isinstance(restored, bool):
        st.session_state.setdefault(_CHOICE_KEY, restored)
