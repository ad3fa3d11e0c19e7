"""Serves the portal: ``python -m web`` is ``streamlit run app.py`` with one-line error messages.

The lines are JSON if the logs are. The options are those of ``streamlit run``.
"""

import logging
import os
import runpy
import sys
from pathlib import Path

import streamlit as st

from issue_portal.core import logging_setup
from issue_portal.core.settings import FatalError
from web import streamlit_compat


def main() -> None:
    """Run the portal until it is stopped."""
    # The settings cannot be read yet: they may be in the secrets, which Streamlit's options name.
    logging_setup.configure_logging(logging_setup.find_early_format())
    streamlit_compat.propagate_logs()
    try:
        _serve()
    except FatalError as error:
        logging_setup.print_notice(str(error), logging.CRITICAL)
        sys.exit(1)


def _serve() -> None:
    port = os.environ.get("STREAMLIT_SERVER_PORT", "").strip()
    if port and not port.isdecimal():
        # Streamlit would print its usage.
        raise FatalError("STREAMLIT_SERVER_PORT: write a port, such as 8501.")
    app = Path(__file__).parent.parent / "app.py"
    try:
        sys.argv = ["streamlit", "run", str(app), *sys.argv[1:]]
        runpy.run_module("streamlit", run_name="__main__")
    except (OSError, OverflowError) as error:
        # Streamlit (1.67) listens before it imports app.py.
        if "app" in sys.modules:
            raise
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        raise FatalError(
            f"Cannot listen on {st.get_option('server.address')} port"
            f" {st.get_option('server.port')}: {reason}."
            " Check STREAMLIT_SERVER_ADDRESS and STREAMLIT_SERVER_PORT."
        ) from error


main()
