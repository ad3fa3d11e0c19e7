"""Start the portal once: secrets, data directory, keys, accounts, database, samples."""

import logging
import sys

from streamlit import logger as streamlit_logger

from auth import password
from auth.mode import Way, way_in
from issue_portal.core import logging_setup, telemetry
from issue_portal.core.accounts import load_accounts, make_first_accounts
from issue_portal.core.files import make_data_directory
from issue_portal.core.secret_keys import Keys, load_keys
from issue_portal.core.settings import CannotStart, Settings, get_settings
from issue_portal.server.services.sample_data import add_sample_issues
from issue_portal.server.services.service import Service, open_service
from web.secrets_file import load_secrets


def start() -> tuple[Keys, Service | None]:
    """Return the keys and, unless a remote API is set, the embedded one; raises `CannotStart`."""
    try:
        load_secrets()
        return _start(get_settings())
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise CannotStart(f"Cannot start: {error.strerror or error}{where}.") from error


def _start(settings: Settings) -> tuple[Keys, Service | None]:
    logging_setup.configure(settings.log)
    _have_streamlit_log_like_us()
    telemetry.start(settings)
    way = way_in()
    password.attempts()
    make_data_directory(settings)
    keys = load_keys(settings)
    new_passwords = make_first_accounts(settings) if way is Way.ACCOUNTS else {}
    load_accounts(settings)
    if way is Way.PROVIDER:
        from auth import oidc_client  # noqa: PLC0415 - Authlib takes 60 ms to load

        oidc_client.use()
    service = None if settings.api_url else open_service(settings, keys)
    if service and settings.demo:
        add_sample_issues(service)
    if new_passwords:
        _print_passwords(new_passwords)
    if way is not Way.ACCOUNTS and not settings.reviewers:
        sys.stderr.write("\n  Nobody reviews: name reviewers in ISSUES_REVIEWERS.\n")
    return keys, service


def _have_streamlit_log_like_us() -> None:
    # Streamlit 1.67 gives each logger a handler, whenever that logger comes into being. To go when
    # it can be told to leave that to the program.
    def hand_over(logger: logging.Logger) -> None:
        logger.handlers, logger.propagate = [], True

    streamlit_logger.setup_formatter = hand_over
    streamlit_logger.update_formatter()


def _print_passwords(passwords: dict[str, str]) -> None:
    lines = [f"    {name:<10} {password}" for name, password in passwords.items()]
    text = "\n".join(
        [
            "",
            "  Two accounts were made. Their passwords are shown only this once:",
            "",
            *lines,
            "",
            "",
        ]
    )
    sys.stderr.write(text)
