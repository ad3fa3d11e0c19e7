"""The menu on a phone, which Streamlit (1.67) leaves open over the page that was chosen in it."""

from components.ui import js_component


def mount_script() -> None:
    """The script that closes it, to be on every page."""
    js_component.mount(__file__, key="menu", data={})
