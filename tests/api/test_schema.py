"""The OpenAPI document compared with the running server by schemathesis.

`schema_exceptions.py` lists what the document cannot express.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from issue_portal.models.vocabulary import Role
from tests.servers.installation import DATABASES, make_api_server
from tests.servers.processes import ROOT

CONFIG = Path(__file__).parent / "schemathesis.toml"


@pytest.fixture(scope="module", params=DATABASES)
def server(request, tmp_path_factory):
    """A server for this test only: issues of other tests would make its lists slow."""
    url = request.getfixturevalue("postgresql")() if request.param == "postgresql" else ""
    data_dir = tmp_path_factory.mktemp(f"schema-{request.param}") / "data"
    server = make_api_server(data_dir, ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off").start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("server", "role", "seconds"),
    # The server refuses most calls of members before it uses the database, so one kind is enough.
    [("sqlite", Role.ADMIN, 10), ("sqlite", Role.MEMBER, 5), ("postgresql", Role.ADMIN, 6)],
    indirect=["server"],
)
def test_openapi_document_matches_the_server(server, role, seconds):
    token = server.create_api_token(role.value, role)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG),
        *("run", f"{server.url}/api/openapi.json", "--header", f"Authorization: Bearer {token}"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--seed", "1", "--max-time", str(seconds), "--continue-on-failure"),
        *("--output-truncate", "false", "--no-color"),
    ]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    assert "Traceback" not in server.log
