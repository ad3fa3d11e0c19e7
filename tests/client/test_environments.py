"""The installed client works with each supported Python, and with old and new libraries."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from issue_portal.models.vocabulary import Role
from tests.client.conftest import make_variant
from tests.servers.processes import ROOT

UV = Path(sys.executable).with_name("uv")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SUPPORTED = [
    version
    for version in (each.rpartition(" ")[2] for each in PROJECT["classifiers"])
    if version.startswith("3.")
]
PROGRAM = Path(__file__).with_name("client_program.py")


def find_interpreters() -> dict[str, str]:
    """Return the paths of the supported interpreters on this machine, by version."""
    # First, because the commands that pyenv puts on the path work for the selected version only.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    folders = [*map(str, sorted(pyenv.glob("3.*/bin"))), os.environ["PATH"]]
    found = {
        version: path
        for version in SUPPORTED
        if (path := shutil.which(f"python{version}", path=os.pathsep.join(folders)))
    }
    own = ".".join(map(str, sys.version_info[:2]))
    return {own: sys.executable} | found


INTERPRETERS = find_interpreters()
OLDEST = min(INTERPRETERS, key=lambda version: int(version.partition(".")[2]))


def run(*command: object, **options) -> subprocess.CompletedProcess:
    result = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
    assert result.returncode == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture
def targets(api_on, original_api_server, newer_api_server) -> list[dict]:
    """Values of the program's `Target` for this project's server and the strict ones."""
    api = api_on("sqlite")
    token = api.token("Integrator", Role.ADMIN)
    variants = [
        make_variant(name, server)
        for name, server in (("original", original_api_server), ("newer", newer_api_server))
    ]
    return [
        {"url": api.url, "token": token, "has_receipts": True},
        *(
            {
                "url": variant.server.url,
                "token": variant.token,
                "org": variant.settings.get("org"),
                "required_fields": variant.required_fields,
            }
            for variant in variants
        ),
    ]


@pytest.mark.parametrize("version", INTERPRETERS)
def test_installed_client_works(version, wheel, targets, tmp_path):
    """The oldest Python gets the lowest versions of httpx and pydantic, the others the newest."""
    env, empty = tmp_path / "env", tmp_path / "empty"
    empty.mkdir()
    resolution = "lowest-direct" if version == OLDEST else "highest"
    run(UV, "venv", "--quiet", "--no-python-downloads", "--python", INTERPRETERS[version], env)
    run(
        *(UV, "pip", "install", "--quiet", "--python", env, "--resolution", resolution),
        *(wheel, *PROJECT["dependencies"]),
    )
    documents = json.dumps(targets, default=lambda model: model.model_dump())
    result = run(env / "bin" / "python", "-I", "-W", "error", PROGRAM, cwd=empty, input=documents)
    assert result.stderr == ""
    used = json.loads(result.stdout)
    assert used["python"] == version
    if version == OLDEST:
        for requirement in map(Requirement, PROJECT["dependencies"]):
            lowest = next(part for part in requirement.specifier if part.operator == ">=")
            assert Version(used[requirement.name]) == Version(lowest.version)


def test_example_of_the_package_page_runs(api_on):
    api = api_on("sqlite")
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / PROJECT["readme"]).read_text(), re.DOTALL
    )
    token = api.token("Guide", Role.ADMIN)
    exec(example.replace("http://localhost:8501", api.url), {"token": token})
