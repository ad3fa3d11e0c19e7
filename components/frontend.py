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


def element(name: str) -> Callable[..., Any]:
    """The element of ``assets/<name>.js`` and ``.css``, to be mounted with ``key`` and ``data``."""
    full_name = f"{_PACKAGE}.{name}"
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(full_name) is None:
        manager.register_from_manifest(
            ComponentManifest(_PACKAGE, "1", [ComponentConfig(name, _ASSETS)]),
            Path(__file__).parent,
        )
    return _element(full_name, name, id(manager))


@lru_cache(maxsize=16)
def _element(full_name: str, name: str, _manager: int) -> Callable[..., Any]:
    return st.components.v2.component(full_name, js=f"{name}.js", css=f"{name}.css")
