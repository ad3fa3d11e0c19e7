"""Tells the page around a frame how tall the form is, so that the frame needs no scroll bar."""

from components.report import embed
from components.ui import js_component


def mount_script() -> None:
    """Mount the script, if the portal is shown in a frame of another page."""
    if embed.is_embedded():
        js_component.mount(__file__, key="frame_height")
