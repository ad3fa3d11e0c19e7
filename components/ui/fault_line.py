"""The line in red below a field that says what is wrong with it."""

import html

from streamlit.delta_generator import DeltaGenerator


def render(slot: DeltaGenerator, text: str, *widget_keys: str) -> None:
    """Render a fault of one or more widgets in the slot below the last of them.

    The scripts of a form find the container by the widget keys: they mark its field, and hide the
    container when the person changes a widget.
    """
    container = slot.container(key="__".join(["fault", *widget_keys]))
    container.html(f'<p class="fault" role="alert">{html.escape(text)}</p>')
