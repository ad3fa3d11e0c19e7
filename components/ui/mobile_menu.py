"""A script that closes the phone menu when a page is chosen: Streamlit (1.67) leaves it open."""

from components.ui import js_component


def mount_script() -> None:
    """Mount the script on every page."""
    js_component.mount(__file__, key="menu", data={})
