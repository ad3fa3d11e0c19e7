"""Streamlit's secrets files, loaded before the settings are read."""

import os
from pathlib import Path

import streamlit as st

from issue_portal.core.settings import FatalError
from web import streamlit_compat


def load_secrets() -> None:
    """Load the secrets files, and let their root values be settings of this process.

    Environment variables of the process win over root values. Raises `FatalError` if a file
    cannot be read.
    """
    files = [path for name in st.get_option("secrets.files") if (path := Path(name)).exists()]
    if not files:
        return
    environment = dict(os.environ)
    if not _is_loaded():
        there = " or ".join(map(str, files))
        raise FatalError(f"Cannot read the secrets in {there}: is that TOML?")
    # Streamlit 1.67 writes strings and numbers over environment variables, and leaves out booleans.
    for name, value in streamlit_compat.read_root_secrets().items():
        if isinstance(value, bool):
            os.environ[name] = str(value)
    os.environ.update(environment)


def _is_loaded() -> bool:
    try:
        return streamlit_compat.load_secrets_files()
    except ValueError:  # Not UTF-8, or a value that no environment variable can have.
        return False
