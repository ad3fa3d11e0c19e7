"""The text being written: counted as one types, and kept in the browser tab until it is sent.

It is kept in the tab's session storage only: an unsent report never reaches the server.
"""

from api.contract import DESCRIPTION_LIMIT
from components import frontend

_NAME = "report"


def keep(label: str, prefill: str) -> None:
    """Count and keep what is typed into the text area called ``label``, but for ``prefill``."""
    frontend.element("draft")(
        key="draft",
        data={"name": _NAME, "label": label, "limit": DESCRIPTION_LIMIT, "prefill": prefill},
    )


def forget() -> None:
    """Drop what was kept: it was sent, or the person signed out."""
    frontend.element("draft")(key="draft_forget", data={"name": _NAME, "forget": True})
