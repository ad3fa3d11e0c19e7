"""The letters in an empty date field: Streamlit (1.67) has only English ones."""

from components.ui import js_component
from components.ui.i18n import _


def translate() -> None:
    """Show the letters of all date fields in the language of the page."""
    data = {"year": _("yyyy"), "month": _("mm"), "day": _("dd")}
    js_component.mount(__file__, key="date_placeholders", data=data)
