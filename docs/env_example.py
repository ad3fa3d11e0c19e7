"""Print `.env.example`: every setting with its description and default, commented out."""

import sys
import textwrap
from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from issue_portal.core.settings import Settings

_HEAD: Final = """\
# Settings of Issue Portal. Copy this file to `.env` beside app.py and uncomment the settings that
# you change. Environment variables override `.env`. docs/configuration.md explains every setting.
# `make env-example` writes this file.
"""


def get_variable_name(name: str, field: FieldInfo) -> str:
    """Return the name of the environment variable for the field ``name`` of `Settings`."""
    if isinstance(field.validation_alias, str):
        return field.validation_alias
    return f"{Settings.model_config['env_prefix']}{name}".upper()


def make_env_example() -> str:
    """Return the text of `.env.example`, in the order of the fields of `Settings`."""
    return "\n".join([_HEAD, *_make_entries()])


def _make_entries() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        comment = textwrap.fill(field.description or "", 98)
        setting = f"{get_variable_name(name, field)}={_format_default(field)}"
        yield f"{textwrap.indent(comment, '# ')}\n#{setting}\n"


def _format_default(field: FieldInfo) -> str:
    value = field.default
    if value is None or isinstance(value, SecretStr):
        return ""
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return f'"{text}"' if " " in text else text


if __name__ == "__main__":
    sys.stdout.write(make_env_example())
