"""A script that closes the menu on phones after a page is selected; Streamlit does not (1.67)."""

from components.ui import js_component


def mount_script() -> None:
    """Mount the script on every page."""
    js_component.mount(__file__, key="menu", data={})
