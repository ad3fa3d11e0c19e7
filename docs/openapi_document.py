"""Print `openapi.json`: the OpenAPI document that the server sends, indented."""

import json
import sys

from issue_portal.server.http.app import build_openapi_document


def make_openapi_json() -> str:
    """Return the text of `openapi.json`."""
    # Unescaped, because tools that read JSON as YAML refuse escaped surrogate pairs.
    return json.dumps(build_openapi_document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(make_openapi_json())
