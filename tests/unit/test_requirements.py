"""Every library has an upper bound, and the locked versions lie within the bounds."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.servers.processes import ROOT

INTERNALS_IN_USE = [
    "fastapi",
    "httptools",
    "httpx",
    "sqlalchemy",
    "starlette",
    "streamlit",
    "uvicorn",
    "websockets",
]


def required(*files: str) -> list[Requirement]:
    lines = [line for file in files for line in (ROOT / file).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def locked_versions(name: str) -> dict[str, Version]:
    text = (ROOT / "locks" / name).read_text()
    pins = re.findall(r"^([\w-]+)==([\w.]+)", text, re.MULTILINE)
    return {name: Version(version) for name, version in pins}


@pytest.mark.parametrize(
    ("lock", "files"),
    [
        ("run.txt", ["requirements.txt"]),
        ("telemetry.txt", ["requirements.txt", "requirements-telemetry.txt"]),
        ("test.txt", ["requirements.txt", "requirements-telemetry.txt"]),
    ],
)
def test_requirements_are_bounded_and_hold_for_the_locked_versions(lock, files):
    versions = locked_versions(lock)
    for requirement in required(*files):
        operators = {part.operator for part in requirement.specifier}
        assert operators & {"<", "<=", "==", "~="}, f"{requirement} has no upper bound"
        assert versions[requirement.name] in requirement.specifier, requirement


@pytest.mark.parametrize("name", INTERNALS_IN_USE)
def test_library_whose_internals_are_used_is_bound_to_the_tested_minor(name):
    (requirement,) = (one for one in required("requirements.txt") if one.name == name)
    major, minor = locked_versions("run.txt")[name].release[:2]
    assert f"{major}.{minor + 1}" not in requirement.specifier


def test_locks_name_no_registry():
    for lock in (ROOT / "locks").iterdir():
        assert "://" not in lock.read_text()
