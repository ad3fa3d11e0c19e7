"""Print `.env.example`: every setting with its description and default, commented out."""

import sys
import textwrap
from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from issue_portal.core.settings import Settings

_HEAD: Final = """\
# Settings of Issue Portal. Copy this file to `.env` beside app.py and remove the # in front of what
# you change. Environment variables win over `.env`. docs/configuration.md explains every setting.
# `make env-example` writes this file.
"""


def variable(name: str, field: FieldInfo) -> str:
    """Return the environment variable that sets the field ``name`` of `Settings`."""
    if isinstance(field.validation_alias, str):
        return field.validation_alias
    return f"{Settings.model_config['env_prefix']}{name}".upper()


def env_example() -> str:
    """Return the text of `.env.example`, with the settings in the order of the class."""
    return "\n".join([_HEAD, *_entries()])


def _entries() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        about = textwrap.fill(field.description or "", 98)
        yield f"{textwrap.indent(about, '# ')}\n#{variable(name, field)}={_default(field)}\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or isinstance(value, SecretStr):
        return ""
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return f'"{text}"' if " " in text else text


if __name__ == "__main__":
    sys.stdout.write(env_example())
