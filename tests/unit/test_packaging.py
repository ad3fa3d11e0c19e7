"""The package installs, and its dependencies are those of requirements.txt."""

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from issue_portal import __version__
from tests.servers.processes import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
OF_THE_CLIENT = {"httpx", "pydantic"}


def required(file: str) -> set[str]:
    lines = (ROOT / file).read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def run(*command: object, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The scripts directory of an environment with the package and without extras."""
    env = tmp_path_factory.mktemp("installed")
    uv = Path(sys.executable).parent / "uv"
    for command in (
        (uv, "venv", "--quiet", "--clear", "--python", sys.executable, env),
        (uv, "pip", "install", "--quiet", "--python", env, ROOT),
    ):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    return env / "bin"


def test_package_installs_with_httpx_and_pydantic_alone(installed, tmp_path):
    code = (
        "from importlib.metadata import files, requires\n"
        "from issue_portal import AsyncIssuesClient, IssuesClient, errors\n"
        "IssuesClient('http://localhost:8501', 'token').close()\n"
        "print(IssuesClient.__name__, AsyncIssuesClient.__name__, errors.IssuesError.__name__)\n"
        "print(*{path.parts[0] for path in files('issue-portal')})"
    )
    done = run(installed / "python", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names, folders = done.stdout.splitlines()
    assert names == "IssuesClient AsyncIssuesClient IssuesError"
    assert set(folders.split()) == {"..", "issue_portal", f"issue_portal-{__version__}.dist-info"}
    assert {Requirement(line).name for line in PROJECT["dependencies"]} == OF_THE_CLIENT


def test_command_without_the_server_says_the_version_and_what_to_install(installed, tmp_path):
    version = run(installed / "issue-portal", "--version", cwd=tmp_path)
    assert version.stdout == f"issue-portal {__version__}\n"
    for command in (["--help"], ["serve"]):
        done = run(installed / "issue-portal", *command, cwd=tmp_path)
        assert done.returncode == 1
        assert "pip install 'issue-portal[server]'" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_command_with_the_server_says_the_same_version():
    for command in (["--version"], ["--version", "token"]):
        done = run(sys.executable, "-m", "issue_portal", *command)
        assert done.stdout == f"issue-portal {__version__}\n", done.stderr


def test_dependencies_and_extras_are_the_requirements_of_the_portal():
    ours = {"issue-portal[server]"}
    listed = PROJECT["dependencies"] + EXTRAS["server"] + EXTRAS["portal"]
    assert len(listed) == len(set(listed))
    assert set(listed) - ours == required("requirements.txt")
    assert set(EXTRAS["telemetry"]) - ours == required("requirements-telemetry.txt")


def test_extra_server_has_every_library_that_the_package_imports():
    listed = PROJECT["dependencies"] + EXTRAS["server"] + EXTRAS["telemetry"]
    names = {Requirement(line).name for line in listed} | {"anyio"}  # anyio comes with Starlette.
    distributions = packages_distributions()
    imported = {
        name.partition(".")[0]
        for file in (ROOT / "issue_portal").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in imports(node)
    }
    for module in imported - sys.stdlib_module_names - {"issue_portal"}:
        providers = {name.lower().replace("_", "-") for name in distributions[module]}
        assert providers & names, f"{module} is imported and no extra installs it"


def imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []
