"""The draft of a form: the browser tab keeps it until it is sent, and counts its characters.

The draft is in the tab's session storage only: an unsent text never reaches the server.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import streamlit as st

from auth import api_backend
from components.ui import i18n, js_component
from components.ui.i18n import _, ngettext
from issue_portal.core.portal_token import Person
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT

_LONGEST_TEXT_SENT = 50_000
"""UTF-16 units: a longer text is not even sent, since it does not fit into a message."""

REPORT_DRAFT = "report"
"""Name of the draft of a report."""


@dataclass(frozen=True)
class DraftWidgets:
    """Keys of the widgets whose values a draft keeps."""

    text: str
    choice: str = ""
    toggle: str = ""
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class InitialValues:
    """The values of a form before the person changes them."""

    text: str
    choice: int | None = None
    """Index of the selected option."""

    places: Mapping[str, str] = field(default_factory=dict)
    """Values of the other fields, by widget key."""


def autosave(
    person: Person | None,
    name: str,
    widgets: DraftWidgets,
    initial: InitialValues | None,
    *,
    by_name: str = "",
    hint: str = "",
    hint_of_link: str = "",
) -> None:
    """Count the characters of a form's text, and keep its input in the browser tab.

    ``name`` names the draft. Only the same person gets it back, but a visitor's draft survives
    signing in. New ``initial`` values (from a link) replace those of an earlier link, but never
    what the person typed: a form with a choice offers both texts. ``by_name`` identifies the last
    time that the person switched the toggle off. ``hint`` is shown beside the count, or
    ``hint_of_link`` if the text came with a link.

    Faults are in containers whose key is ``problem__`` and the key of a widget: a fault disappears
    when its widget changes.
    """
    js_component.mount(
        __file__,
        key="draft",
        data={
            **asdict(widgets),
            "name": name,
            "owner": hash_owner(person),
            "limit": DESCRIPTION_LIMIT,
            "longest": _LONGEST_TEXT_SENT,
            "by_name": by_name,
            "given": initial and asdict(initial),
            "offer": _list_offer_texts() if widgets.choice else None,
            "hint": hint,
            "hint_of_link": hint_of_link or hint,
            "locale": i18n.get_locale_tag(),
            "count": _("{count} of {limit} characters"),
            "over_one": _choose_excess_text(1),
            "over": _choose_excess_text(2),
        },
    )


def _choose_excess_text(over: int) -> str:
    """Return the text for ``over`` characters too many, with ``{over}`` and ``{limit}`` in it."""
    return ngettext(
        "{over} character over the {limit} limit", "{over} characters over the {limit} limit", over
    )


def _list_offer_texts() -> Mapping[str, str]:
    """Return the texts of the choice between the person's text and that of a link."""
    return {
        "other": _("This link came with its own text. We kept yours."),
        "take": _("Use the link's text"),
        "mine": _("This is the link's text. We kept yours."),
        "back": _("Use your text"),
    }


def hash_owner(person: Person | None) -> str:
    """Return a keyed hash that names the owner of a draft in the browser tab; "" for a visitor."""
    return api_backend.get_backend().keys.hash("draft", person.email).hex()[:16] if person else ""


def get_draft_id() -> str:
    """Return the id of this draft: it survives reloads until the report is sent."""
    state = st.session_state.get("draft") or {}
    return str(state.get("id", ""))


def leave_form(by_name: str = "") -> None:
    """Hide the draft on a page without the form, since another person may use the browser next.

    ``by_name`` identifies the click on "Sign in to report with your name", so that the form is by
    name when the visitor comes back from the provider. A cookie is not safe for this: another site
    on the same host could set it, and would turn an anonymous report into one by name.
    """
    data = {"name": REPORT_DRAFT, "away": True, "by_name": by_name}
    js_component.mount(__file__, key="draft_away", data=data)


def forget_draft(name: str) -> None:
    """Drop a draft, since its form was sent or saved."""
    js_component.mount(__file__, key="draft_forget", data={"name": name, "forget": True})


def forget_all_drafts(signed_out: str) -> None:
    """Drop all drafts in all tabs of the browser; ``signed_out`` identifies the sign-out."""
    data = {"name": "", "forget": True, "signed_out": signed_out}
    js_component.mount(__file__, key="draft_forget", data=data)
