"""What one reads while the portal does not answer: Streamlit's words are for programmers."""

from components.ui import js_component
from components.ui.i18n import _


def mount_script() -> None:
    """The script that tells it, to be on every page: it is needed when no page comes any more."""
    text = _(
        "The portal does not answer at the moment. What you typed is kept in this tab;"
        " it goes on by itself as soon as the portal answers."
    )
    js_component.mount(__file__, key="unreachable", data={"text": text})
