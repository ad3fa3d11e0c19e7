"""The parts of the portal that run in the browser, each a small script of ours in ``assets/``.

They are served as files, so that the security policy needs to allow no inline script. Streamlit
1.67 finds such files only for installed packages; until it finds those of an app, the manifest is
handed over here.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

_ASSETS = "assets"
_PACKAGE = "issue_portal"
_FOLDER = Path(__file__).parent.parent


def serve_files() -> None:
    """Serve the scripts from the start: the page they are for may be of another replica."""
    for script in (_FOLDER / _ASSETS).glob("*.js"):
        _registered(script.stem)


def element(name: str) -> Callable[..., Any]:
    """The element of ``assets/<name>.js`` and ``.css``, to be mounted with ``key`` and ``data``."""
    return _element(_registered(name), name, id(get_bidi_component_manager()))


def _registered(name: str) -> str:
    full_name = f"{_PACKAGE}.{name}"
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(full_name) is None:
        manager.register_from_manifest(
            ComponentManifest(_PACKAGE, "1", [ComponentConfig(name, _ASSETS)]), _FOLDER
        )
    return full_name


@lru_cache(maxsize=16)
def _element(full_name: str, name: str, _manager: int) -> Callable[..., Any]:
    return st.components.v2.component(full_name, js=f"{name}.js", css=f"{name}.css")
