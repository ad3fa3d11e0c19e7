"""The notice that the portal cannot be reached. It replaces Streamlit's dialog for developers."""

from components.ui import js_component
from components.ui.i18n import _


def mount_script() -> None:
    """Mount the script. Every page needs it before the connection is lost."""
    text = _("Can't reach the portal. Your text is safe here; reconnecting…")
    js_component.mount(__file__, key="connection_notice", data={"text": text})
