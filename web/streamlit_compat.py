"""The only module that uses Streamlit's internals; all others use its public API.

Written for Streamlit 1.67. `docs/upgrading.md` lists the hooks, and
`tests/unit/test_framework_hooks.py` checks them. Every layer may import this module, because it
imports no other module of the portal.
"""

import logging
import re
import sys
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import streamlit as st
from starlette.datastructures import Headers
from streamlit import logger as streamlit_logger
from streamlit.auth_util import (
    get_cookie_with_chunks,
    get_origin_from_redirect_uri,
    get_secrets_auth_section,
    validate_auth_credentials,
)
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.file_util import get_static_dir
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import get_instance
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.secrets import secrets_singleton
from streamlit.runtime.stats import ACTIVE_SESSIONS_FAMILY, GaugeStat
from streamlit.web.server.server_util import get_cookie_secret, get_url
from streamlit.web.server.starlette import starlette_gzip_middleware
from streamlit.web.server.starlette.starlette_app_utils import (
    create_signed_value,
    decode_signed_value,
)
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import gather_user_info

# Message types of the WebSocket, for WebSocketMessages.
# TODO(streamlit>1.67): remove when an option restricts the message types that Streamlit answers.
__all__ = ["USER_COOKIE_NAME", "BackMsg", "ClientState", "ForwardMsg"]

SCRIPT_THREAD: Final = "ScriptRunner.scriptThread"
"""Name of the threads that run scripts. The scheduler measures the processor time of these threads.

TODO(streamlit>1.67): remove when Streamlit limits how many scripts run at once.
"""

UPLOAD_PATH: Final = "/_stcore/upload_file/"
"""Part of the path of uploads. Streamlit accepts uploads even if no page asks for a file.

TODO(streamlit>1.67): remove when uploads can be switched off.
"""

SESSION_ID_INDEX: Final = 2
"""Index, among the page's WebSocket subprotocols, of the id of the session to resume.

TODO(streamlit>1.67): remove when Streamlit checks the owner of a resumed session.
"""

SIGN_IN_ROUTES: Final = ("/auth/login", "/auth/logout", "/oauth2callback")
"""Last parts of the paths that lead to the OIDC provider and back. A base path may precede them.

TODO(streamlit>1.67): remove when the routes redirect to the portal on errors and check the origin.
"""

THEME_STORAGE_KEY: Final = "issue-portal-theme"
"""Key of the person's theme in the browser's local storage: `Light`, `Dark`, or absent."""

START_SCRIPT: Final = """
const folder = new URL(".", location.href).href;
window.__streamlit = { BACKEND_BASE_URL: folder, MAIN_PAGE_BASE_URL: folder };
document.documentElement.style.colorScheme = "light dark";
try {
  const theme = localStorage.getItem("THEME_STORAGE_KEY");
  const key = `stActiveTheme-${location.pathname}-v2`;
  if (theme) {
    localStorage.setItem(key, JSON.stringify(theme));
    document.documentElement.style.colorScheme = theme.toLowerCase();
  } else localStorage.removeItem(key);
} catch {}
""".replace("THEME_STORAGE_KEY", THEME_STORAGE_KEY)
"""The script of the page. It runs before Streamlit's own scripts.

Without the URL, Streamlit would first look for its server below the path of the page, and write two
errors to the console. Streamlit stores a theme for each path; the portal has one for all pages.
TODO(streamlit>1.67): remove when the server tells its URL and a script can change the theme.
"""

_INDEX_PARTS: Final = (
    '<html lang="en">',
    "<title>Streamlit</title>",
    'href="./favicon.png"',
    "</body>",
)
_INLINE_SCRIPT: Final = re.compile("<script>.*?</script>", re.DOTALL)
_NO_SCRIPT: Final = re.compile("<noscript>.*?</noscript>", re.DOTALL)


# Start


def disable_pages_directory() -> None:
    """Stop Streamlit from treating the folder `pages` as an old-style multipage app.

    Otherwise a deep link would skip portal.py until `st.navigation` has run for the first time.
    TODO(streamlit>1.67): remove when an option of `st.App` ignores the folder.
    """
    PagesManager.uses_pages_directory = False


def exclude_from_compression(prefix: str) -> None:
    """Stop Streamlit from compressing responses whose path starts with `prefix`.

    It compresses every response of 1 kB or more: also one with a secret, one with an `ETag`, and
    one for a client that refuses gzip with `q=0`.
    TODO(streamlit>1.67): remove when an option of `st.App` excludes paths.
    """
    should_bypass = starlette_gzip_middleware._should_bypass_gzip

    def bypass(path: str, base_url: str = "") -> bool:
        return path.startswith(prefix) or should_bypass(path, base_url)

    starlette_gzip_middleware._should_bypass_gzip = bypass


def find_own_url() -> str:
    """Return the portal's URL under `streamlit run`; "" under uvicorn, which prints the URL.

    TODO(streamlit>1.67): remove when Streamlit prints the URL of an ASGI app.
    """
    if "streamlit.web.cli" not in sys.modules:
        return ""
    address = st.get_option("server.address")
    return get_url("localhost" if address in ("0.0.0.0", "::", None) else address)  # noqa: S104


def propagate_logs() -> None:
    """Send Streamlit's log records only to the root logger, which applies our format.

    Streamlit adds a handler to each of its loggers.
    TODO(streamlit>1.67): remove when an option turns these handlers off.
    """

    def propagate(logger: logging.Logger) -> None:
        logger.handlers, logger.propagate = [], True

    streamlit_logger.setup_formatter = propagate
    streamlit_logger.update_formatter()


def load_secrets_files() -> bool:
    """Load the secrets files; return False if one cannot be parsed.

    Raises `ValueError` for a file that is not UTF-8, and for a value that an environment variable
    cannot have. Streamlit loads the files only when a script runs, which is too late for settings.
    TODO(streamlit>1.67): remove when `st.secrets` can be loaded before the server starts.
    """
    return secrets_singleton.load_if_toml_exists()


def read_root_secrets() -> dict[str, Any]:
    """Return the values and sections at the root of the loaded secrets files."""
    return dict(secrets_singleton.items())


# The page and its files


def get_static_folder() -> Path:
    """Return the folder of Streamlit's static files, which `static_files` serves from memory.

    Streamlit reads a file from disk for each request, which takes 3 ms of processor time.
    TODO(streamlit>1.67): remove when Streamlit keeps its static files in memory.
    """
    return Path(get_static_dir())


def make_index_html(
    *, root: str, title: str, icon: str, style: str, no_script: str, start: str = ""
) -> str:
    """Return Streamlit's page with `root` as its `<html>` tag, and our title, style and script.

    `icon` is the URL of the icon in the browser tab. `no_script` is the HTML text for browsers
    without JavaScript. `start` is HTML to show until Streamlit has drawn the page. The page
    contains the styles because styles from a script arrive late, and the visible page then jumps.
    Raises `RuntimeError` if the page of a new Streamlit version is different.
    TODO(streamlit>1.67): remove when language, title, icon and style of the page can be
    configured.
    """
    page = (get_static_folder() / "index.html").read_text(encoding="utf-8")
    page, count = _NO_SCRIPT.subn(lambda _: f"<noscript><p>{no_script}</p></noscript>", page)
    page, script_count = _INLINE_SCRIPT.subn(lambda _: f"<script>{START_SCRIPT}</script>", page)
    if count != 1 or script_count != 1 or any(page.count(part) != 1 for part in _INDEX_PARTS):
        raise RuntimeError("Streamlit's index.html has changed: see web/streamlit_compat.py.")
    replacements = (
        root,
        f"<title>{title}</title>",
        f'href="{icon}"',
        f"<style>\n{style}</style>{start}\n</body>",
    )
    for part, replacement in zip(_INDEX_PARTS, replacements, strict=True):
        page = page.replace(part, replacement)
    return page


def serve_component_files(package: str, name: str, folder: Path, root: Path) -> str:
    """Serve the scripts of a component from `folder` below `root`; return its registered name.

    Streamlit finds only the component files of installed packages, so register the files
    explicitly. TODO(streamlit>1.67): remove when Streamlit finds the component files of an app.
    """
    full_name = f"{package}.{name}"
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(full_name) is None:
        config = ComponentConfig(name, str(folder.relative_to(root)))
        manager.register_from_manifest(ComponentManifest(package, "1", [config]), root)
    return full_name


def get_component_registry() -> Hashable:
    """Return the current registry of components. Each AppTest has its own registry."""
    return get_bidi_component_manager()


# Sessions and script runs


def get_session_id() -> str | None:
    """Return the id of the browser session whose script is running; None outside a script.

    TODO(streamlit>1.67): remove when `st.context` has the session id.
    """
    context = get_script_run_ctx()
    return context.session_id if context else None


def is_fragment_run() -> bool:
    """Return whether only a fragment is running. A fragment reads the URL of the last full run.

    TODO(streamlit>1.67): remove when the browser's URL is current in fragment runs.
    """
    context = get_script_run_ctx()
    return bool(context and context.fragment_ids_this_run)


def clear_session() -> None:
    """Clear the state of this browser session, and forget the callbacks of its widgets.

    `st.session_state.clear()` alone keeps the callbacks. A message that the browser sent before it
    got the next page would call them, although the values they read are gone.
    TODO(streamlit>1.67): remove when clearing the session also forgets its callbacks.
    """
    st.session_state.clear()
    context = get_script_run_ctx()
    if context is None:
        return
    widgets = context.session_state._state._new_widget_state.widget_metadata
    for name, widget in widgets.items():
        widgets[name] = replace(widget, callback=None, callbacks=None)


def count_active_sessions() -> float:
    """Return how many browser tabs are connected.

    TODO(streamlit>1.67): remove when a public function counts sessions.
    """
    stats = get_instance().stats_mgr.get_stats(family_names=[ACTIVE_SESSIONS_FAMILY])
    return sum(stat.value for stat in stats[ACTIVE_SESSIONS_FAMILY] if isinstance(stat, GaugeStat))


# Sign-in


def read_auth_section() -> dict[str, Any]:
    """Return the section `auth` of the secrets; {} without one. Its sub-sections are mappings."""
    return dict(get_secrets_auth_section().to_dict())


def check_auth_provider(name: str) -> None:
    """Raise `StreamlitAuthError` if the settings of a provider are incomplete.

    Streamlit checks them only when somebody signs in.
    TODO(streamlit>1.67): remove when Streamlit checks `[auth]` at start.
    """
    validate_auth_credentials(name)


def read_proxy_user(headers: Headers) -> dict[str, str | bool | None]:
    """Return the user in the headers of `server.trustedUserHeaders`, like `st.user` in a script.

    TODO(streamlit>1.67): remove when routes of `st.App` have `st.user`.
    """
    return gather_user_info(headers)


def get_redirect_origin() -> str:
    """Return scheme and host of `redirect_uri` in the section `auth`; "" without one."""
    return get_origin_from_redirect_uri() or ""


def read_user_cookie(read: Callable[[str], bytes | None]) -> bytes | None:
    """Return the claims of a sign-in, joined from several cookies; None without a sign-in.

    `read` takes the name of a cookie and returns its verified value, or None. The portal compares
    the claims with its own seal, because Streamlit signs each cookie separately: cookies of two
    sign-ins could be combined.
    TODO(streamlit>1.67): remove when Streamlit signs all cookies of a sign-in together.
    """
    return get_cookie_with_chunks(read, USER_COOKIE_NAME)


def sign_cookie(name: str, value: str) -> str:
    """Sign a cookie's value with Streamlit's cookie secret."""
    return create_signed_value(get_cookie_secret(), name, value).decode()


def verify_cookie(name: str, value: str) -> bytes | None:
    """Return the value of a signed cookie; None if the signature does not match."""
    signed = value.encode("latin-1", "replace")
    return decode_signed_value(get_cookie_secret(), name, signed) if signed else None
