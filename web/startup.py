"""Starts and stops the portal: secrets, data directory, keys, accounts, and the embedded API.

The only module of the portal that imports `issue_portal.server`.
"""

import asyncio
import gc
import importlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

import streamlit as st
from starlette.applications import Starlette
from starlette.routing import Mount, Router

from auth import api_backend, password
from auth.sign_in_mode import SignInMode, get_sign_in_mode
from components.ui import js_component
from issue_portal.asgi import graceful_shutdown
from issue_portal.core import logging_setup, telemetry
from issue_portal.core.accounts import create_first_accounts, load_accounts
from issue_portal.core.files import make_data_directory
from issue_portal.core.secret_keys import SecretKeys, load_keys
from issue_portal.core.settings import FatalError, Settings, get_settings
from issue_portal.server.http.app import create_app, mount_api
from issue_portal.server.http.metrics import register_queue_collector
from issue_portal.server.sample_data.languages import check_language
from issue_portal.server.services.service import Service, open_service
from web import remote_check, session_metrics, streamlit_compat
from web.in_process_transport import InProcessTransport
from web.secrets_file import load_secrets


@dataclass(frozen=True)
class PortalProcess:
    """The secret keys and the API of this process.

    If the API is remote, ``/api`` has only the health checks and the metrics.
    """

    keys: SecretKeys
    service: Service | None
    """The embedded API; None if the API is remote."""

    @cached_property
    def _api(self) -> Starlette:
        return create_app(self.service)

    @cached_property
    def api_route(self) -> Mount:
        """The API under ``/api``."""
        return mount_api(self._api)

    @asynccontextmanager
    async def lifespan(self, _: st.App) -> AsyncIterator[None]:
        """Run the API with the server."""
        # `app.py` disables the garbage collector for the start. Without `freeze`, the first
        # collection would scan all loaded modules, which makes the start 40 ms longer.
        gc.freeze()
        gc.enable()
        _print_url()
        session_metrics.register_session_gauge()
        js_component.serve_files()
        if self.service:
            register_queue_collector(self.service)
            in_process = InProcessTransport(Router([self.api_route]), asyncio.get_running_loop())
            api_backend.use_embedded(self.keys, in_process)
        else:
            api_backend.use_remote(self.keys)
            if not get_settings().api_shares_key:
                remote_check.start(get_settings(), api_backend.get_backend().memory)
        async with self._api.router.lifespan_context(self._api):
            with graceful_shutdown.drain_on_sigterm(get_settings().drain_seconds):
                threading.Thread(target=_import_for_first_visit, daemon=True).start()
                yield
            await asyncio.to_thread(api_backend.get_backend().revoked_sign_ins.flush)
        if self.service:
            await self.service.close()
        telemetry.stop()


def start() -> PortalProcess:
    """Load settings, keys and accounts, and open the database.

    Raises `FatalError` if the portal cannot start.
    """
    try:
        load_secrets()
        settings = get_settings()
        logging_setup.configure_logging(settings.log)
        return _prepare(settings)
    except OSError as error:
        file = f": {error.filename}" if error.filename else ""
        raise FatalError(f"Cannot start: {error.strerror or error}{file}.") from error


def _prepare(settings: Settings) -> PortalProcess:
    streamlit_compat.propagate_logs()
    telemetry.start(settings)
    mode = get_sign_in_mode()
    if settings.demo:
        check_language(settings.demo)
    password.get_login_throttle()  # Fails if its limit in the settings is invalid.
    make_data_directory(settings)
    keys = load_keys(settings)
    if mode is SignInMode.PROVIDER:
        from auth import oidc_client  # noqa: PLC0415 - Authlib takes 60 ms to load

        oidc_client.install_provider_client()
    service = None if settings.api_url else open_service(settings, keys)
    # After the database: if it cannot be opened, the passwords would be lost.
    new_passwords = create_first_accounts(settings) if mode is SignInMode.ACCOUNTS else {}
    load_accounts(settings)  # Fails if the accounts file is invalid.
    if service and settings.demo:
        from issue_portal.server.sample_data import sample_issues  # noqa: PLC0415 - for demos

        sample_issues.add_sample_issues(service, settings.demo)
    if new_passwords:
        _print_passwords(new_passwords)
    if mode is not SignInMode.ACCOUNTS and not settings.reviewers:
        logging_setup.print_notice(
            "\n  Nobody has the reviewer role. List reviewers in ISSUES_REVIEWERS."
        )
    return PortalProcess(keys, service)


def _import_for_first_visit() -> None:
    """Import what `st.logo` imports, 0.15 s of the first visit, while nobody waits for it."""
    importlib.import_module("numpy")
    importlib.import_module("PIL.Image")


def _print_url() -> None:
    """Print the portal's URL, unless uvicorn prints it."""
    if url := streamlit_compat.find_own_url():
        logging_setup.print_notice(f"\n  Issue Portal: {url}\n")


def _print_passwords(passwords: dict[str, str]) -> None:
    lines = [f"    {name:<10} {password}" for name, password in passwords.items()]
    text = "\n".join(
        [
            "",
            "  Two accounts were created. Their passwords are shown only once:",
            "",
            *lines,
            "",
        ]
    )
    logging_setup.print_notice(text)
