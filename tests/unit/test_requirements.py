"""Every library has an upper bound, and the locked versions lie within the bounds."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.servers.processes import ROOT

LIBRARIES_WHOSE_INTERNALS_ARE_USED = [
    "fastapi",
    "httptools",
    "httpx",
    "sqlalchemy",
    "starlette",
    "streamlit",
    "uvicorn",
    "websockets",
]


def read_requirements(*files: str) -> list[Requirement]:
    lines = [line for file in files for line in (ROOT / file).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def read_lock(file: str) -> dict[str, Version]:
    text = (ROOT / "locks" / file).read_text()
    pins = re.findall(r"^([\w-]+)==([\w.]+)", text, re.MULTILINE)
    return {name: Version(version) for name, version in pins}


@pytest.mark.parametrize(
    ("lock", "files"),
    [
        ("run.txt", ["requirements.txt"]),
        ("telemetry.txt", ["requirements.txt", "requirements-telemetry.txt"]),
        ("test.txt", ["requirements.txt", "requirements-telemetry.txt"]),
        ("generators.txt", ["requirements-generators.txt"]),
    ],
)
def test_requirements_have_upper_bounds_that_include_the_locked_version(lock, files):
    versions = read_lock(lock)
    for requirement in read_requirements(*files):
        operators = {part.operator for part in requirement.specifier}
        assert operators & {"<", "<=", "==", "~="}, f"{requirement} has no upper bound"
        assert versions[requirement.name] in requirement.specifier, requirement


@pytest.mark.parametrize("name", LIBRARIES_WHOSE_INTERNALS_ARE_USED)
def test_library_whose_internals_are_used_is_bound_to_the_tested_minor_version(name):
    (requirement,) = (each for each in read_requirements("requirements.txt") if each.name == name)
    major, minor = read_lock("run.txt")[name].release[:2]
    assert f"{major}.{minor + 1}" not in requirement.specifier


def test_lock_files_contain_no_urls():
    for lock in (ROOT / "locks").iterdir():
        assert "://" not in lock.read_text()
