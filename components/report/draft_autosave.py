"""What is being written: counted as one types, kept in the browser tab until it is sent or saved.

It is kept in the tab's session storage only: what was not sent never reaches the server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import streamlit as st

from auth import api_backend
from components.ui import i18n, js_component
from components.ui.i18n import _
from issue_portal.core.portal_token import Person
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT

_LONGEST_SENT = 50_000
"""UTF-16 units of a text that is sent to be refused; more would not fit into one message."""

REPORT = "report"
"""The name of the draft of a report."""


@dataclass(frozen=True)
class Given:
    """What a form is filled in with, before a person changes it."""

    text: str
    choice: int | None = None
    """Which one, from 0."""

    places: Mapping[str, str] = field(default_factory=dict)
    """What is in the other fields, by the keys of the widgets."""


def keep(
    who: Person | None,
    name: str,
    *,
    text: str,
    given: Given | None,
    choice: str = "",
    toggle: str = "",
    get_all: str = "",
    places: Sequence[str] = (),
    hint: str = "",
    hint_of_link: str = "",
) -> None:
    """Count and keep what is in the widgets with these keys, which are beside this element.

    It is shown again to the one who wrote it; what a visitor wrote goes along with a sign-in. What
    is ``given`` (by a link, say) takes the place of what was given before, but never that of words
    which a person typed: another text is offered beside them if the form has a ``choice``. A note
    with the key ``problem__`` and that of a widget goes away when that is corrected. ``by_name``
    names an occasion on which the toggle was set to off. ``hint`` is shown beside the count, or
    ``hint_of_link`` if the text is that of a link, be it one that was followed before.
    """
    offer = {
        "other": _("The link that you followed brought another text. Yours is kept."),
        "take": _("Use that of the link"),
        "mine": _("This is the text of the link. Yours is kept."),
        "back": _("Use yours"),
    }
    js_component.mount(
        __file__,
        key="draft",
        data={
            "name": name,
            "owner": owner(who),
            "limit": DESCRIPTION_LIMIT,
            "longest": _LONGEST_SENT,
            "text": text,
            "choice": choice,
            "toggle": toggle,
            "by_name": get_all,
            "places": list(places),
            "given": given and asdict(given),
            "offer": offer if choice else None,
            "hint": hint,
            "hint_of_link": hint_of_link or hint,
            "locale": i18n.tag(),
            "count": _("{count} of {limit} characters"),
            "over": _("{over} more than the {limit} characters that fit. Shorten it to send it."),
        },
    )


def owner(who: Person | None) -> str:
    """What the tab calls the person that something is of; "" for a visitor."""
    return api_backend.get_backend().keys.hash("draft", who.email).hex()[:16] if who else ""


def identity() -> str:
    """What the tab calls this draft, through reloads: the same report has the same, once sent."""
    state = st.session_state.get("draft") or {}
    return str(state.get("id", ""))


def put_away(get_all: str = "") -> None:
    """No form is on the page any more: the next one may be that of somebody else.

    ``by_name`` names the occasion on which a visitor chose to report by name, so that the form
    knows it when they come back from the provider. (A cookie would not do: another site on this
    host could set it, and a report would have a name that nobody asked for.)
    """
    data = {"name": REPORT, "away": True, "by_name": get_all}
    js_component.mount(__file__, key="draft_away", data=data)


def forget(name: str) -> None:
    """Drop what was kept under a name, since it was sent or saved."""
    js_component.mount(__file__, key="draft_forget", data={"name": name, "forget": True})


def forget_all(signed_out: str) -> None:
    """Drop all that was kept, and have the browser's other tabs do so; names the signing out."""
    data = {"name": "", "forget": True, "signed_out": signed_out}
    js_component.mount(__file__, key="draft_forget", data=data)
