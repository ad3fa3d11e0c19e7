"""The uses of framework internals, each with a check that the internals still fit."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

COMPAT = "web/streamlit_compat.py"
LIMITS = "issue_portal/asgi/uvicorn_limits.py"
LOGGING = "issue_portal/core/logging_setup.py"


def resolve(path: str) -> Any:
    """Return the object at a path such as ``module:name.attribute``."""
    module, _, names = path.partition(":")
    value = import_module(module)
    for name in filter(None, names.split(".")):
        value = getattr(value, name)
    return value


def check_exists(*paths: str) -> Callable[[], object]:
    """Return a check that objects exist at these paths."""
    return lambda: [resolve(path) for path in paths]


def check_source(path: str, *parts: str) -> Callable[[], None]:
    """Return a check that the source of an object contains each of the parts."""

    def check() -> None:
        source = inspect.getsource(resolve(path))
        assert [part for part in parts if part not in source] == []

    return check


def check_methods(path: str, *names: str) -> Callable[[], None]:
    """Return a check that a class has methods of these names."""

    def check() -> None:
        assert [name for name in names if not callable(getattr(resolve(path), name, None))] == []

    return check


def check_index_page() -> None:
    compat = resolve("web.streamlit_compat:")
    page = compat.make_index_html(
        root="<html lang='es'>",
        title="A title",
        icon="data:,icon",
        style="b {}",
        no_script="Turn it on.",
    )
    assert page.count('href="data:,icon"') == page.count('rel="shortcut icon"') == 1
    assert page.count("<html lang='es'>") == page.count("<title>A title</title>") == 1
    assert page.count("<noscript><p>Turn it on.</p></noscript>") == page.count("<noscript>") == 1
    assert page.rstrip().endswith("b {}</style>\n</body>\n</html>")


SCRIPT_THAT_CLEARS_ITS_SESSION = """
import streamlit as st
from web import streamlit_compat

def note_value():
    st.session_state["noted"] = st.session_state["choice"]

if not st.session_state.get("is_cleared"):
    st.text_input("Choice", key="choice", on_change=note_value)
if st.button("Clear"):
    streamlit_compat.clear_session()
    st.session_state["is_cleared"] = True
"""


def check_forgotten_callbacks() -> None:
    app_test = resolve("streamlit.testing.v1:AppTest")
    at = app_test.from_string(SCRIPT_THAT_CLEARS_ITS_SESSION).run()
    at.button[0].click().run()
    # This page is older than the cleared session, like a message that is on its way.
    at.text_input[0].input("late").run()
    assert not at.exception
    assert "noted" not in at.session_state


def check_log_formatter() -> None:
    logger = import_module("streamlit.logger")
    assert logger.update_formatter.__code__.co_names == ("_loggers", "values", "setup_formatter")


def check_cookie_chunks() -> None:
    read = resolve("streamlit.auth_util:get_cookie_with_chunks")
    cookies = {"name": b"chunks-2", "name_1": b"one", "name_2": b"two"}
    assert read({"name": b"whole"}.get, "name") == b"whole"
    assert read(cookies.get, "name") == b"onetwo"


def check_cookie_signatures() -> None:
    module = import_module("streamlit.web.server.starlette.starlette_app_utils")
    signed = module.create_signed_value("a secret", "name", json.dumps({"a": 1}))
    assert module.decode_signed_value("a secret", "name", signed) == b'{"a": 1}'
    assert module.decode_signed_value("another", "name", signed) is None


def check_rerun_message_fields() -> None:
    run = resolve("streamlit.proto.BackMsg_pb2:BackMsg")().rerun_script
    assert (run.query_string, len(run.widget_states.widgets)) == ("", 0)
    assert len(run.cached_message_hashes) == 0


def check_script_finished_message() -> None:
    message = resolve("streamlit.proto.ForwardMsg_pb2:ForwardMsg")
    sent = message(script_finished=message.FINISHED_EARLY_FOR_RERUN)
    assert sent.WhichOneof("type") == "script_finished"


STARLETTE = "streamlit.web.server.starlette"
CONNECTION_METHODS = ("connection_made", "data_received", "resume_writing", "connection_lost")
WEBSOCKET_METHODS = ("connection_made", "data_received", "connection_lost", "receive")
PARSER_CALLBACKS = (
    "on_message_begin",
    "on_header",
    "on_headers_complete",
    "on_body",
    "on_message_complete",
)
WEBSOCKET_PROTOCOL = "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol"
BIDI = "streamlit.components.v2"


@dataclass(frozen=True)
class Hook:
    """A place where the portal uses an undocumented part of a framework.

    ``name`` marks the place in ``file`` of the portal: the framework's name, or one of ours.
    """

    framework: str
    name: str
    file: str
    check: Callable[[], object]


def streamlit_hook(name: str, check: Callable[[], object], file: str = COMPAT) -> Hook:
    return Hook("Streamlit", name, file, check)


HOOKS = [
    streamlit_hook(
        "PagesManager.uses_pages_directory",
        check_exists("streamlit.runtime.pages_manager:PagesManager.uses_pages_directory"),
    ),
    streamlit_hook(
        "starlette_gzip_middleware._should_bypass_gzip",
        check_source(
            f"{STARLETTE}.starlette_gzip_middleware:SelectiveGZipMiddleware.__call__",
            "if _should_bypass_gzip(route_path, self._base_url):",
        ),
    ),
    streamlit_hook(
        "get_url", check_exists("streamlit.web.server.server_util:get_url", "streamlit.web.cli:")
    ),
    streamlit_hook("streamlit_logger.setup_formatter", check_log_formatter),
    streamlit_hook(
        "secrets_singleton",
        check_exists("streamlit.runtime.secrets:secrets_singleton.load_if_toml_exists"),
    ),
    streamlit_hook("get_static_dir", check_exists("streamlit.file_util:get_static_dir")),
    streamlit_hook("_INDEX_PARTS", check_index_page),
    streamlit_hook(
        "get_bidi_component_manager",
        check_methods(
            f"{BIDI}.component_manager:BidiComponentManager",
            "get_component_asset_root",
            "register_from_manifest",
        ),
    ),
    streamlit_hook("ComponentManifest", check_exists(f"{BIDI}.manifest_scanner:ComponentManifest")),
    streamlit_hook("ComponentConfig", check_exists(f"{BIDI}.manifest_scanner:ComponentConfig")),
    streamlit_hook(
        "get_script_run_ctx",
        check_source(
            "streamlit.runtime.scriptrunner_utils.script_run_context:ScriptRunContext",
            "session_id: str",
            "fragment_ids_this_run",
        ),
    ),
    streamlit_hook("_new_widget_state.widget_metadata", check_forgotten_callbacks),
    streamlit_hook(
        "get_instance",
        check_exists("streamlit.runtime:get_instance", "streamlit.runtime:Runtime.stats_mgr"),
    ),
    streamlit_hook(
        "ACTIVE_SESSIONS_FAMILY", check_exists("streamlit.runtime.stats:ACTIVE_SESSIONS_FAMILY")
    ),
    streamlit_hook("GaugeStat", check_exists("streamlit.runtime.stats:GaugeStat")),
    streamlit_hook(
        "get_secrets_auth_section", check_exists("streamlit.auth_util:get_secrets_auth_section")
    ),
    streamlit_hook(
        "validate_auth_credentials", check_exists("streamlit.auth_util:validate_auth_credentials")
    ),
    streamlit_hook(
        "gather_user_info", check_exists(f"{STARLETTE}.starlette_websocket:gather_user_info")
    ),
    streamlit_hook(
        "get_origin_from_redirect_uri",
        check_exists("streamlit.auth_util:get_origin_from_redirect_uri"),
    ),
    streamlit_hook("get_cookie_with_chunks", check_cookie_chunks),
    streamlit_hook(
        "USER_COOKIE_NAME", check_exists(f"{STARLETTE}.starlette_server_config:USER_COOKIE_NAME")
    ),
    streamlit_hook(
        "get_cookie_secret", check_exists("streamlit.web.server.server_util:get_cookie_secret")
    ),
    streamlit_hook("create_signed_value", check_cookie_signatures),
    streamlit_hook("decode_signed_value", check_cookie_signatures),
    streamlit_hook("BackMsg", check_rerun_message_fields),
    streamlit_hook("ClientState", check_rerun_message_fields),
    streamlit_hook("ForwardMsg", check_script_finished_message),
    streamlit_hook(
        "SCRIPT_THREAD",
        check_source("streamlit.runtime.scriptrunner.script_runner:", "ScriptRunner.scriptThread"),
    ),
    streamlit_hook(
        "UPLOAD_PATH", check_source(f"{STARLETTE}.starlette_routes:", "_stcore/upload_file")
    ),
    streamlit_hook(
        "SESSION_ID_INDEX", check_source(f"{STARLETTE}.starlette_websocket:", "existing_session")
    ),
    streamlit_hook(
        "SIGN_IN_ROUTES",
        check_source(
            f"{STARLETTE}.starlette_auth_routes:", "auth/login", "auth/logout", "oauth2callback"
        ),
    ),
    streamlit_hook(
        "websocket_session_manager",
        check_exists("streamlit.runtime.websocket_session_manager:"),
        LOGGING,
    ),
    streamlit_hook(
        "Uncaught app execution",
        check_source("streamlit.error_util:", "Uncaught app execution"),
        LOGGING,
    ),
    Hook(
        "streamlit-authenticator",
        "authentication_model",
        "auth/password.py",
        check_source(
            "streamlit_authenticator.controllers:AuthenticationController", "authentication_model"
        ),
    ),
    Hook(
        "Authlib",
        "client_cls",
        "auth/oidc_client.py",
        check_exists("authlib.integrations.starlette_client:StarletteOAuth2App.client_cls"),
    ),
    Hook(
        "uvicorn",
        "HttpToolsProtocol",
        LIMITS,
        check_methods(
            "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol",
            *CONNECTION_METHODS,
            *PARSER_CALLBACKS,
            "send_400_response",
        ),
    ),
    Hook(
        "uvicorn",
        "H11Protocol",
        LIMITS,
        check_methods(
            "uvicorn.protocols.http.h11_impl:H11Protocol", *CONNECTION_METHODS, "send_400_response"
        ),
    ),
    Hook(
        "uvicorn",
        "WebSocketsSansIOProtocol",
        LIMITS,
        check_methods(
            WEBSOCKET_PROTOCOL, *WEBSOCKET_METHODS, "handle_ping", "handle_pong", "handle_cont"
        ),
    ),
    Hook(
        "uvicorn",
        "_TrustedHosts",
        "issue_portal/asgi/uvicorn_connections.py",
        check_exists("uvicorn.middleware.proxy_headers:_TrustedHosts"),
    ),
    Hook(
        "uvicorn",
        "timeout_graceful_shutdown",
        "issue_portal/asgi/graceful_shutdown.py",
        check_source("uvicorn:Server", "self.handle_exit", "timeout_graceful_shutdown"),
    ),
    Hook(
        "uvicorn",
        "ASGI callable returned without completing handshake.",
        LOGGING,
        check_source(WEBSOCKET_PROTOCOL, "ASGI callable returned without completing handshake."),
    ),
    Hook(
        "websockets", "MAX_LINE_LENGTH", LIMITS, check_exists("websockets.http11:MAX_LINE_LENGTH")
    ),
    Hook(
        "websockets",
        "max_message_size",
        "issue_portal/asgi/uvicorn_websockets.py",
        check_source("websockets.protocol:Protocol", "max_message_size"),
    ),
    Hook(
        "Starlette",
        "path_regex",
        "issue_portal/server/http/app.py",
        check_source("starlette.routing:Mount", "self.path_regex"),
    ),
    Hook(
        "httpx",
        "connect_tcp.complete",
        "issue_portal/client/transport.py",
        check_source("httpcore._sync.connection:", '"connect_tcp"', '"start_tls"'),
    ),
]
