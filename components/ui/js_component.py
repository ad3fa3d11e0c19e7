"""Components with a script: a ``.js`` file, and optionally a ``.css`` file, beside the Python file.

The browser loads these files by URL, so that the Content-Security-Policy can forbid inline scripts.
"""

from collections.abc import Hashable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from web import streamlit_compat

_PACKAGE: Final = "issue_portal"
_COMPONENTS: Final = Path(__file__).parents[1]


def mount(
    python_file: str, *, key: str, data: Mapping[str, Any] | None = None, **options: Any
) -> Any:
    """Mount the component whose script is beside ``python_file`` (pass ``__file__``).

    The script gets ``data`` as the only item of an array. ``options`` are those of a Streamlit
    component, such as callbacks (``on_…_change``). Returns the state of the component.
    """
    script = Path(python_file).with_suffix(".js")
    # Streamlit (1.67) would import pandas to look for data frames in a mapping. That delays the
    # first visit by half a second, and takes 70 MB. It does not look into sequences.
    return _make_component(script, streamlit_compat.get_component_registry())(
        key=key, data=None if data is None else [data], **options
    )


def serve_files() -> None:
    """Serve the scripts of all components, also of those that this process has not mounted yet.

    A browser may request a script for a page that another replica rendered.
    """
    for script in _COMPONENTS.glob("*/*.js"):
        _register(script)


def _register(script: Path) -> str:
    return streamlit_compat.serve_component_files(_PACKAGE, script.stem, script.parent, _COMPONENTS)


@lru_cache(maxsize=64)
def _make_component(script: Path, _registry: Hashable) -> Any:
    """Return the component of a script. Create it only once for each registry of components."""
    # The cache holds the registry itself: a later one could have the `id` of one that is gone.
    style = script.with_suffix(".css")
    return st.components.v2.component(
        _register(script), js=script.name, css=style.name if style.exists() else None
    )
