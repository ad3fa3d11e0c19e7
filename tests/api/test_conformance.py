"""The requests of the published documentation, as printed, and the format of their responses."""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from tests.servers.installation import Server, portal_server
from tests.servers.processes import ROOT

TOKEN_CREATE = [sys.executable, "-m", "issue_portal", "token", "create"]
PUBLISHED = Path(__file__).parent / "published"
SHAPES = json.loads((PUBLISHED / "shapes.json").read_text())


def matches(value, shape, where="answer"):
    """Compare a value with a regular expression, a type, a ``@name``, a list or an object."""
    if isinstance(shape, str) and shape.startswith("@"):
        matches(value, SHAPES[shape[1:]], where)
    elif isinstance(shape, str):
        assert isinstance(value, str), f"{where} is {value!r}"
        assert re.match(shape, value), f"{where} is {value!r}"
    elif isinstance(shape, dict):
        assert list(value) == list(shape), f"keys of {where}"
        for key, part in shape.items():
            matches(value[key], part, f"{where}.{key}")
    elif isinstance(shape, list):
        assert len(value) == len(shape), where
        for number, part in enumerate(shape):
            matches(value[number], part, f"{where}[{number}]")
    else:
        assert type(value) is type(shape), f"{where} is {value!r}"


def curl(server: Server, token: str, request: dict, issue_id: str) -> tuple[int, str, str]:
    url = server.url + request["path"].replace("{id}", quote(issue_id))
    command = ["curl", "-sS", url, "-H", f"Authorization: Bearer {token}"]
    command += ["-w", "\n%{http_code} %{content_type}"]
    if request["method"] != "GET":
        command += ["-X", request["method"]]
    for name, value in request.get("headers", {}).items():
        command += ["-H", f"{name}: {value}"]
    if "body" in request:
        command += ["-d", json.dumps(request["body"], indent=2)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    body, _, last = done.stdout.rpartition("\n")
    status, _, content_type = last.partition(" ")
    return int(status), content_type, body


def test_published_requests_get_the_published_answers(tmp_path):
    server = portal_server(tmp_path / "data").start()
    try:
        made = subprocess.run(
            [*TOKEN_CREATE, "--email", "a@b.c", "--role", "AppAdmin"],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=server.env,
        )
        token, issue_id = made.stdout.strip(), ""
        for request in json.loads((PUBLISHED / "requests.json").read_text()):
            status, content_type, body = curl(server, token, request, issue_id)
            assert status == request["status"], f"{request['name']}: {body}"
            if request["shape"] is None:
                assert body == ""
                continue
            answer = json.loads(body)
            shape = SHAPES[request["shape"]]
            if request["shape"] == "problem":
                assert content_type == "application/problem+json"
                answer.pop("errors", None)
                assert answer["status"] == status
            else:
                assert content_type == "application/json"
            matches(answer, shape, request["name"])
            if excerpt := request.get("excerpt"):
                assert [key for key in answer if key in excerpt] == excerpt
            issue_id = answer.get("id", issue_id)
    finally:
        server.stop()
