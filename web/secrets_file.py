"""Loads Streamlit's secrets files before the settings are read."""

import os
from pathlib import Path

import streamlit as st

from issue_portal.core.settings import FatalError
from web import streamlit_compat


def load_secrets() -> None:
    """Load the secrets files, and set the values above their sections as environment variables.

    Existing environment variables are not overwritten. Raises `FatalError` if a file is invalid.
    """
    # Both names are the same file if the service's home directory is the portal's.
    options = dict.fromkeys(st.get_option("secrets.files"))
    files = [path for name in options if (path := Path(name)).exists()]
    if not files:
        return
    environment = dict(os.environ)
    if not _load():
        names = " or ".join(map(str, files))
        raise FatalError(
            f"Cannot read the secrets in {names}. Check that the file is valid TOML in UTF-8."
        )
    # Streamlit (1.67) overwrites existing variables and skips booleans.
    for name, value in streamlit_compat.read_root_secrets().items():
        if isinstance(value, bool):
            os.environ[name] = str(value)
    os.environ.update(environment)


def _load() -> bool:
    try:
        return streamlit_compat.load_secrets_files()
    except ValueError:  # The file is not UTF-8, or a value is not valid in an environment variable.
        return False
