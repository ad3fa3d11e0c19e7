"""A button that copies a text to the clipboard."""

from components.ui import js_component
from components.ui.i18n import _


def render(label: str, text: str, *, key: str, has_border: bool = False) -> None:
    """Render the button; after a click, it says "Copied" for two seconds."""
    data = {
        "label": label,
        "text": text,
        "copied": _("Copied"),
        "failed": _("Couldn't copy"),
        "has_border": has_border,
    }
    js_component.mount(__file__, key=key, data=data, width="content")
