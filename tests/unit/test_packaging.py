"""The package installs, and pyproject.toml has the same dependencies as requirements.txt."""

import ast
import re
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
CLIENT_DEPENDENCIES = {"httpx", "pydantic"}


def read_requirements(file: str) -> set[str]:
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
def scripts_dir(tmp_path_factory) -> Path:
    """The scripts directory of an environment with the package and without extras."""
    env = tmp_path_factory.mktemp("installed")
    uv = Path(sys.executable).parent / "uv"
    for command in (
        (uv, "venv", "--quiet", "--clear", "--python", sys.executable, env),
        (uv, "pip", "install", "--quiet", "--python", env, ROOT),
    ):
        result = run(*command)
        assert result.returncode == 0, result.stderr
    return env / "bin"


def test_package_installs_with_httpx_and_pydantic_alone(scripts_dir, tmp_path):
    code = (
        "from importlib.metadata import files, requires\n"
        "from issue_portal import AsyncIssuesClient, IssuesClient, errors\n"
        "IssuesClient('http://localhost:8501', 'token').close()\n"
        "print(IssuesClient.__name__, AsyncIssuesClient.__name__, errors.IssuesError.__name__)\n"
        "print(*{path.parts[0] for path in files('issue-portal')})"
    )
    result = run(scripts_dir / "python", "-c", code, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    names, folders = result.stdout.splitlines()
    assert names == "IssuesClient AsyncIssuesClient IssuesError"
    assert set(folders.split()) == {"..", "issue_portal", f"issue_portal-{__version__}.dist-info"}
    assert {Requirement(line).name for line in PROJECT["dependencies"]} == CLIENT_DEPENDENCIES


def test_package_contains_the_sample_issues(scripts_dir, tmp_path):
    code = (
        "from importlib.metadata import files\n"
        "print(*sorted(path.name for path in files('issue-portal') if path.suffix == '.toml'))"
    )
    result = run(scripts_dir / "python", "-c", code, cwd=tmp_path)
    folder = ROOT / "issue_portal" / "server" / "sample_data"
    assert result.stdout.split() == sorted(file.name for file in folder.glob("*.toml"))


def test_links_of_the_package_page_work_outside_the_repository():
    page = (ROOT / PROJECT["readme"]).read_text()
    assert all("://" in link for link in re.findall(r"\]\(([^)\s]+)\)", page))


def test_command_without_the_extra_prints_the_version_and_what_to_install(scripts_dir, tmp_path):
    version = run(scripts_dir / "issue-portal", "--version", cwd=tmp_path)
    assert version.stdout == f"issue-portal {__version__}\n"
    for command in (["--help"], ["serve"]):
        result = run(scripts_dir / "issue-portal", *command, cwd=tmp_path)
        assert result.returncode == 1
        assert "pip install 'issue-portal[server]'" in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_command_with_the_extra_prints_the_same_version():
    for command in (["--version"], ["--version", "token"]):
        result = run(sys.executable, "-m", "issue_portal", *command)
        assert result.stdout == f"issue-portal {__version__}\n", result.stderr


def test_pyproject_and_requirements_list_the_same_dependencies():
    own_extra = {"issue-portal[server]"}
    in_extras = EXTRAS["server"] + EXTRAS["portal"]
    assert len(in_extras) == len({Requirement(line).name for line in in_extras})
    # An extra may need newer versions than the client alone.
    listed = {Requirement(line).name: line for line in PROJECT["dependencies"] + in_extras}
    assert set(listed.values()) - own_extra == read_requirements("requirements.txt")
    assert set(EXTRAS["telemetry"]) - own_extra == read_requirements("requirements-telemetry.txt")


def test_extras_and_client_can_be_installed_together():
    """The lowest version that an extra allows is one that the client allows."""
    client = {Requirement(line).name: Requirement(line) for line in PROJECT["dependencies"]}
    for line in EXTRAS["server"] + EXTRAS["portal"]:
        requirement = Requirement(line)
        if requirement.name in client:
            (lowest,) = (part.version for part in requirement.specifier if part.operator == ">=")
            assert lowest in client[requirement.name].specifier


def test_extras_install_every_library_that_the_package_imports():
    listed = PROJECT["dependencies"] + EXTRAS["server"] + EXTRAS["telemetry"]
    # anyio comes with Starlette, pydantic-core with pydantic.
    names = {Requirement(line).name for line in listed} | {"anyio", "pydantic-core"}
    distributions = packages_distributions()
    imported = {
        name.partition(".")[0]
        for file in (ROOT / "issue_portal").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in list_imports(node)
    }
    for module in imported - sys.stdlib_module_names - {"issue_portal"}:
        providers = {name.lower().replace("_", "-") for name in distributions[module]}
        assert providers & names, f"{module} is imported and no extra installs it"


def list_imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []
