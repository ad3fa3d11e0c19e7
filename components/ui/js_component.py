"""Elements with a script of ours: a ``.js`` file, and perhaps a ``.css``, beside the Python file.

The server sends them as files, so that the security policy needs to allow no inline script.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from web import streamlit_compat

_PACKAGE: Final = "issue_portal"
_COMPONENTS: Final = Path(__file__).parents[1]


def mount(python_file: str, *, key: str, **options: Any) -> Any:
    """Mount the element of the script beside ``python_file`` (give ``__file__``).

    ``options`` are those of a Streamlit component: ``data`` for the script, ``on_…_change``.
    """
    script = Path(python_file).with_suffix(".js")
    return _element(script, streamlit_compat.identify_component_registry())(key=key, **options)


def serve_files() -> None:
    """Serve all scripts from the start: another replica may have sent the page that needs one."""
    for script in _COMPONENTS.glob("*/*.js"):
        _registered(script)


def _registered(script: Path) -> str:
    return streamlit_compat.serve_component_files(_PACKAGE, script.stem, script.parent, _COMPONENTS)


@lru_cache(maxsize=16)
def _element(script: Path, _manager: int) -> Any:
    style = script.with_suffix(".css")
    return st.components.v2.component(
        _registered(script), js=script.name, css=style.name if style.exists() else None
    )
