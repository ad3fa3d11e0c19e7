"""The choice between the light theme, the dark theme, and that of the system.

The browser stores the choice. The start script of `web.streamlit_compat` gives it to Streamlit
when a page loads, because Streamlit (1.67) has no function that changes its theme.
"""

from components.ui import js_component
from components.ui.i18n import _
from web import streamlit_compat


def render() -> None:
    """Render one button for each theme."""
    data = {
        "label": _("Theme"),
        "storage_key": streamlit_compat.THEME_STORAGE_KEY,
        "themes": [
            {"name": "", "label": _("System")},
            {"name": "Light", "label": _("Light")},
            {"name": "Dark", "label": _("Dark")},
        ],
    }
    js_component.mount(__file__, key="theme_choice", data=data)
