"""Options of the servers with other variants of the API, from an environment variable."""

import os
from typing import Final

from pydantic import BaseModel, ConfigDict

OPTIONS_VARIABLE: Final = "TEST_API_OPTIONS"
"""Environment variable of a server process: its options as JSON."""


class ApiOptions(BaseModel):
    """How a server differs from the documented API. By default, it does not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plain_text_errors: bool = False
    """Send errors as plain text."""

    latency: int = 0
    """Milliseconds that each call waits before the server handles it."""

    html_error_every: int = 0
    """Answer each nth call with 502 and an HTML page, as a proxy does. 0: never."""

    ascending: bool = False
    """Newer variant: list the oldest issues first unless a call has ``page_order``."""

    required_parameters: bool = False
    """Newer variant: refuse a list without ``include``, ``states`` and ``type``."""

    named_fields: bool = False
    """Newer variant: list all invalid fields in errors, beside the text of the first."""

    ignores_parameters: bool = False
    """Original variant: ignore unknown query parameters instead of refusing them."""


def read_options() -> ApiOptions:
    """Return the options of this process."""
    return ApiOptions.model_validate_json(os.environ.get(OPTIONS_VARIABLE, "{}"))
