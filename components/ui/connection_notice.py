"""A notice that is shown while the connection to the portal is lost.

Streamlit's own dialog, whose text is for developers, is closed. `web/static/actions.css` hides it
until then.
"""

from components.ui import js_component
from components.ui.i18n import _


def mount_script() -> None:
    """Mount the script of the notice. It must be loaded before the connection is lost."""
    text = _("Can't reach the portal. Your text is safe here; reconnecting…")
    js_component.mount(__file__, key="connection_notice", data={"text": text})
