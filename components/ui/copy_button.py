"""A button that copies a text to the clipboard."""

from components.ui import js_component
from components.ui.i18n import _


def render(label: str, text: str, *, key: str) -> None:
    """Render the button; after a click, it says "Copied" for two seconds."""
    data = {"label": label, "text": text, "copied": _("Copied"), "failed": _("Couldn't copy")}
    js_component.mount(__file__, key=key, data=data)
