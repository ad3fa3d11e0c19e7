"""The notice that the portal does not answer, in place of Streamlit's words for programmers."""

from components.ui import js_component
from components.ui.i18n import _


def mount_script() -> None:
    """Mount the script on every page, so that it is there when the connection is lost."""
    text = _(
        "The portal does not answer at the moment. What you typed is kept in this tab;"
        " it goes on by itself as soon as the portal answers."
    )
    js_component.mount(__file__, key="unreachable", data={"text": text})
