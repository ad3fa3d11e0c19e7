"""The requests in the published API documentation, and the format of their responses."""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from tests.servers.installation import Server, make_portal_server
from tests.servers.processes import ROOT

TOKEN_CREATE = [sys.executable, "-m", "issue_portal", "token", "create"]
PUBLISHED = Path(__file__).parent / "published"
SHAPES = json.loads((PUBLISHED / "shapes.json").read_text())


def assert_matches(value, shape, path="response"):
    """Assert that a JSON value has a shape.

    A regular expression is the shape of a string. ``@name`` stands for the shape of that name. A
    list or object contains the shapes of its items. Any other shape is an example of the value.
    """
    if isinstance(shape, str) and shape.startswith("@"):
        assert_matches(value, SHAPES[shape[1:]], path)
    elif isinstance(shape, str):
        assert isinstance(value, str), f"{path} is {value!r}"
        assert re.match(shape, value), f"{path} is {value!r}"
    elif isinstance(shape, dict):
        assert list(value) == list(shape), f"keys of {path}"
        for key, part in shape.items():
            assert_matches(value[key], part, f"{path}.{key}")
    elif isinstance(shape, list):
        assert len(value) == len(shape), path
        for number, part in enumerate(shape):
            assert_matches(value[number], part, f"{path}[{number}]")
    else:
        assert type(value) is type(shape), f"{path} is {value!r}"


def curl(server: Server, token: str, request: dict, issue_id: str) -> tuple[int, str, str]:
    """Send a request; return status, content type and body of the response."""
    url = server.url + request["path"].replace("{id}", quote(issue_id))
    command = ["curl", "-sS", url, "-H", f"Authorization: Bearer {token}"]
    command += ["-w", "\n%{http_code} %{content_type}"]
    if request["method"] != "GET":
        command += ["-X", request["method"]]
    for name, value in request.get("headers", {}).items():
        command += ["-H", f"{name}: {value}"]
    if "body" in request:
        command += ["-d", json.dumps(request["body"], indent=2)]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    body, _, last = process.stdout.rpartition("\n")
    status, _, content_type = last.partition(" ")
    return int(status), content_type, body


def test_published_requests_get_responses_of_the_published_format(tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    try:
        process = subprocess.run(
            [*TOKEN_CREATE, "--email", "a@b.c", "--role", "AppAdmin"],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=server.env,
        )
        token, issue_id = process.stdout.strip(), ""
        for request in json.loads((PUBLISHED / "requests.json").read_text()):
            status, content_type, body = curl(server, token, request, issue_id)
            assert status == request["status"], f"{request['name']}: {body}"
            if request["shape"] is None:
                assert body == ""
                continue
            response = json.loads(body)
            shape = SHAPES[request["shape"]]
            if request["shape"] == "problem":
                assert content_type == "application/problem+json"
                response.pop("errors", None)
                assert response["status"] == status
            else:
                assert content_type == "application/json"
            assert_matches(response, shape, request["name"])
            # The documentation shows only these keys, in this order.
            if excerpt := request.get("excerpt"):
                assert [key for key in response if key in excerpt] == excerpt
            issue_id = response.get("id", issue_id)
    finally:
        server.stop()
