"""The draft of a form, which the browser tab stores until the form is sent.

The draft is only in the tab's session storage: the server gets no text before the form is sent.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

import streamlit as st

from auth import api_backend
from components.report.report_input import WIDGET_KEYS
from components.ui import i18n, js_component
from components.ui.i18n import _, ngettext
from issue_portal.core.portal_token import Person
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT

_SEND_LIMIT = 50_000
"""UTF-16 code units. The browser does not send a longer text: the server would disconnect."""

REPORT_DRAFT = "report"
"""Name of the draft of a report."""

_COUNTED_CHARACTERS: Final = 1_000
"""Characters below the limit from which on the form shows the number of characters."""


@dataclass(frozen=True)
class DraftWidgets:
    """Keys of the widgets whose values a draft contains.

    A fault of a widget is in a container whose key is ``fault__`` and the key of the widget. The
    script hides the container when the person changes the widget.
    """

    text: str
    """The text area whose characters are counted."""

    inputs: tuple[str, ...] = ()
    """Text inputs, and other text areas."""

    choices: tuple[str, ...] = ()
    """Radio groups."""


@dataclass(frozen=True)
class TextChoice:
    """Labels of the choice between the person's text and the initial text."""

    own_text_shown: str
    use_link_text: str
    link_text_shown: str
    use_own_text: str


@dataclass(frozen=True)
class Attachments:
    """The line that names the values which a link has filled in."""

    line: str
    """With the placeholder {parts}."""

    remove: str
    """Label of the button that empties the inputs."""

    names: Mapping[str, str]
    """Names of `DraftWidgets.inputs`, by widget key."""

    shown_as_is: str
    """Key of the input whose value is shown in place of a name."""


@dataclass(frozen=True)
class InitialValues:
    """The values of a form before the person changes them, from a link or a stored report."""

    text: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Values of `DraftWidgets.inputs`, by widget key."""

    choices: Mapping[str, int] = field(default_factory=dict)
    """Index of the selected option in each radio group, by widget key."""


def autosave(
    person: Person | None,
    name: str,
    widgets: DraftWidgets,
    initial: InitialValues | None,
    *,
    sends_by_name: bool = False,
    hint_of_link: str = "",
    text_choice: TextChoice | None = None,
    attached: Attachments | None = None,
) -> None:
    """Store a form's values in the browser tab, and count the characters of a long text.

    Only the same person gets the draft ``name`` back; a visitor's draft becomes the draft of the
    person who signs in. New ``initial`` values replace those of an earlier link, but not the text
    that the person typed. With ``sends_by_name``, the browser sends the form for a person who
    pressed "Sign in and send" (see `stop_autosave`).

    The hint is shown while the form has the text of a link. With ``text_choice``, the tab keeps
    both the text of the person and the initial one, and the person can switch between the two.
    """
    js_component.mount(
        __file__,
        key="draft",
        data={
            **asdict(widgets),
            "name": name,
            "owner": hash_owner(person),
            "limit": DESCRIPTION_LIMIT,
            "count_from": DESCRIPTION_LIMIT - _COUNTED_CHARACTERS,
            "send_limit": _SEND_LIMIT,
            "sends_by_name": sends_by_name,
            "initial": initial and asdict(initial),
            "text_choice": text_choice and asdict(text_choice),
            "hint_of_link": hint_of_link,
            "attached": attached and asdict(attached),
            "locale": i18n.get_locale_tag(),
            "count": _("{count} of {limit} characters"),
            "over_one": _translate_excess(1),
            "over_many": _translate_excess(2),
            "waiting": _("Reconnecting…"),
        },
    )


def _translate_excess(over: int) -> str:
    """Return the text for ``over`` characters too many; the script fills in {over} and {limit}."""
    return ngettext(
        "{over} character over the {limit} limit", "{over} characters over the {limit} limit", over
    )


def hash_owner(person: Person | None) -> str:
    """Return a keyed hash that identifies the owner of a draft; "" for a visitor."""
    return api_backend.get_backend().keys.hash("draft", person.email).hex()[:16] if person else ""


def get_draft_id() -> str:
    """Return the id of the draft on the page, or "" before the script has sent it.

    The id survives reloads until the report is sent.
    """
    state = st.session_state.get("draft") or {}
    return str(state.get("id", ""))


def stop_autosave(sign_in_click_id: str = "") -> None:
    """Stop the autosave on a page without the form: another person may use the browser next.

    ``sign_in_click_id`` identifies the click on "Sign in and send". The draft stores it, so that
    the form is sent by name after the sign-in, also after one at a provider. A cookie would be
    unsafe: another site on the same host could set it and so turn an anonymous report into a
    report by name.
    """
    data = {
        "name": REPORT_DRAFT,
        "leave": True,
        "sign_in_click_id": sign_in_click_id,
        "anonymous_choice": WIDGET_KEYS["anonymous"],
    }
    js_component.mount(__file__, key="draft_leave", data=data)


def forget_draft(name: str) -> None:
    """Remove a draft, after its form was sent or saved."""
    js_component.mount(__file__, key="draft_forget", data={"name": name, "forget": True})


def forget_all_drafts(sign_out_id: str) -> None:
    """Remove all drafts in all tabs of the browser after a sign-out."""
    data = {"name": "", "forget": True, "sign_out_id": sign_out_id}
    js_component.mount(__file__, key="all_drafts_forget", data=data)
