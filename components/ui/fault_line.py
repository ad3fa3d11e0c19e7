"""The line in red below a field that says what is wrong with it."""

import html
from collections.abc import Mapping

from streamlit.delta_generator import DeltaGenerator

from components.ui import js_component


def render(slot: DeltaGenerator, text: str, *widget_keys: str) -> None:
    """Render a fault of one or more widgets in the slot below the last of them.

    The scripts of a form find the container by the widget keys: they mark its field, and hide the
    container when the person changes a widget.
    """
    key = "__".join(["fault", *widget_keys])
    # Scripts name the text to screen readers by its id.
    slot.container(key=key).html(
        f'<p id="{html.escape(key)}" class="fault" role="alert">{html.escape(text)}</p>'
    )


def mount_script(check: str, groups: Mapping[str, str]) -> None:
    """Mark the fields that have a fault, and hide each fault when the person changes its field.

    ``check`` identifies the last check of a form: its faults are shown again. ``groups`` are the
    labels of check boxes that belong together, by the key of their container. For pages whose forms
    have no script of their own.
    """
    js_component.mount(__file__, key="faults", data={"check": check, "groups": dict(groups)})
