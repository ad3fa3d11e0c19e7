"""Names the menu button on small screens, and closes the menu after a page is selected.

Streamlit (1.67) names the button in English only, and leaves the menu open.
"""

from components.ui import js_component
from components.ui.i18n import _


def mount_script() -> None:
    """Mount the script on every page."""
    js_component.mount(
        __file__, key="menu", data={"open": _("Open menu"), "close": _("Close menu")}
    )
