"""Clients that two widely used generators make from `openapi.json`.

The generators and the generated clients run in an environment of their own.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from issue_portal.models.vocabulary import Role
from tests.servers.processes import ROOT
from tests.servers.scripted_server import serving

DOCUMENT = ROOT / "openapi.json"
SCRIPTS = Path(__file__).parent / "generated_clients"
UV = Path(sys.executable).parent / "uv"

METHODS = ["POST", "GET", "GET", "PUT", "DELETE", "GET"]
"""Methods of the calls that the scripts make."""

KNOWN_WARNINGS = (
    # openapi-generator 7.26 prints these for every document.
    "OpenAPI 3.1 support is still in beta.",
    "Failed to get the schema name: null",
)

GENERATORS = {
    "openapi-python-client": (
        *("openapi-python-client", "generate", "--path", DOCUMENT, "--fail-on-warning"),
        *("--meta", "none", "--output-path", "issues_api_client"),
    ),
    "openapi-generator": (
        *("openapi-generator-cli", "generate", "--input-spec", DOCUMENT),
        *("--generator-name", "python", "--output", "."),
        *("--global-property", "apis,models,supportingFiles,apiTests=false,modelTests=false"),
    ),
}
CALLERS = {
    "openapi-python-client": "call_attrs_client.py",
    "openapi-generator": "call_pydantic_client.py",
}


@dataclass(frozen=True)
class GeneratedClient:
    generator: str
    directory: Path
    python: Path
    output: str
    """What the generator printed."""

    def call_seed_routes(self, url: str, token: str) -> dict:
        """Call the API's five basic routes, then a deleted issue; return what the client read."""
        script = SCRIPTS / CALLERS[self.generator]
        env = os.environ | {"PYTHONPATH": str(self.directory)}
        return json.loads(run(self.python, script, url, token, env=env, cwd=self.directory).stdout)


def run(*command: object, **options) -> subprocess.CompletedProcess:
    process = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        **options,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process


@pytest.fixture(scope="module")
def scripts_dir(tmp_path_factory) -> Path:
    """The scripts directory of an environment with the generators."""
    env = tmp_path_factory.mktemp("generators")
    run(UV, "venv", "--quiet", "--clear", "--python", sys.executable, env)
    lock = ROOT / "locks" / "generators.txt"
    run(UV, "pip", "sync", "--quiet", "--require-hashes", "--python", env, lock)
    return env / "bin"


@pytest.fixture(scope="module", params=GENERATORS)
def client(request, scripts_dir, tmp_path_factory) -> GeneratedClient:
    directory = tmp_path_factory.mktemp("client")
    env = os.environ | {
        # openapi-python-client formats its output with ruff.
        "PATH": f"{scripts_dir}{os.pathsep}{os.environ['PATH']}",
        # Java starts faster with these.
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    program, *arguments = GENERATORS[request.param]
    process = run(scripts_dir / program, *arguments, env=env, cwd=directory)
    output = process.stdout + process.stderr
    return GeneratedClient(request.param, directory, scripts_dir / "python", output)


def test_generator_prints_no_warnings(client):
    assert [
        line
        for line in client.output.splitlines()
        if re.search(r"\b(WARN|WARNING|ERROR)\b", line)
        and not any(known in line for known in KNOWN_WARNINGS)
    ] == []


def test_client_calls_the_seed_routes(client, api_on):
    api = api_on("sqlite")
    token = api.create_api_token(f"Generated{client.generator}", Role.ADMIN)
    outcome = client.call_seed_routes(api.url, token)
    created = outcome["created"]
    assert created["description"] == "Response missed the attached policy details."
    assert (created["type"], created["state"]) == ("NoContextUsed", "NotReviewed")
    assert created["id"] in [issue["id"] for issue in outcome["page"]["data"]]
    assert outcome["fetched"] == created
    assert outcome["changed"]["state"] == "InReview"
    assert outcome["changed"]["is_read"] is True
    assert outcome["deleted"] == 204
    assert outcome["problem"]["code"] == "not_found"


def make_newer(value, name=""):
    """Return a response of a later version: with unknown fields, and unknown values of enums."""
    if isinstance(value, dict):
        newer = {name: make_newer(item, name) for name, item in value.items()}
        return newer | {"added_later": {"level": 3, "of": [None]}}
    if isinstance(value, list):
        return [make_newer(item, name) for item in value]
    return "AddedLater" if name in ("type", "state", "resource_type", "roles", "code") else value


def test_client_accepts_fields_and_values_of_a_later_version(client):
    document = json.loads(DOCUMENT.read_text())
    issue_path = document["paths"]["/v1/app/issue/{issue_id}"]
    issue = make_newer(read_example(issue_path["get"]["responses"]["200"]))
    page = make_newer(read_example(document["paths"]["/v1/app/issue"]["get"]["responses"]["200"]))
    not_found = document["components"]["responses"]["NotFound"]["content"]
    (example,) = not_found["application/problem+json"]["examples"].values()
    problem = make_newer(example["value"])
    as_json = {"Content-Type": "application/json"}
    answers = [
        (201, as_json, issue),
        (200, as_json, page),
        (200, as_json, issue),
        (200, as_json, issue),
        (204, {}, b""),
        (404, {"Content-Type": "application/problem+json"}, problem),
    ]
    with serving(*answers) as server:
        outcome = client.call_seed_routes(server.url, "token")
        assert [call.split()[0] for call in server.calls] == METHODS
    assert outcome["created"]["type"] == "AddedLater"
    assert outcome["page"]["data"][0]["created_by"]["roles"] == ["AddedLater"]
    assert outcome["problem"]["code"] == "AddedLater"


def read_example(response: dict):
    return response["content"]["application/json"]["example"]
