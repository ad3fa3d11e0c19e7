"""The notice that the portal cannot be reached; it replaces Streamlit's dialog for developers."""

from components.ui import js_component
from components.ui.i18n import _


def mount_script() -> None:
    """Mount the script on every page, so that it is there when the connection is lost."""
    text = _("Can't reach the portal. Your text is safe here; reconnecting…")
    js_component.mount(__file__, key="unreachable", data={"text": text})
