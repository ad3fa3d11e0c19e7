"""Each use of framework internals works and is listed in docs/upgrading.md."""

import ast
import inspect
import re
from pathlib import Path

import pytest
import streamlit as st

from tests.servers.processes import ROOT
from tests.unit.framework_hooks import COMPAT, HOOKS

CODE = [
    path
    for folder in ("auth", "components", "issue_portal", "pages", "web")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "app.py", ROOT / "portal.py"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: f"{hook.framework}: {hook.name}")
def test_hook_works_with_the_installed_version(hook):
    try:
        hook.check()
    except (AssertionError, AttributeError, ImportError, TypeError) as error:
        pytest.fail(f"{hook.file}: {hook.framework} has changed {hook.name}: {error}")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: f"{hook.framework}: {hook.name}")
def test_hook_is_used_in_its_file(hook):
    assert hook.name in (ROOT / hook.file).read_text(), f"{hook.file}: {hook.name} is gone"


def test_upgrading_page_lists_every_hook():
    page = (ROOT / "docs" / "upgrading.md").read_text()
    rows = re.findall(r"^\| ([\w-]+) \| `(.+?)` \| .+ \| `(.+)` \|$", page, re.MULTILINE)
    assert rows == [(hook.framework, hook.name, hook.file) for hook in HOOKS]


PUBLIC_STREAMLIT = {
    "streamlit.components.v2",
    "streamlit.delta_generator",
    "streamlit.errors",
    "streamlit.testing.v1",
}
INTERNALS = re.compile(r"uvicorn\.(protocols|middleware)|websockets\.http11|httpcore|.*\._")


def list_imports(path: Path) -> list[tuple[str, str]]:
    """Return module and name of each import; the name is "" for ``import module``."""
    imports = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            imports += [(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            imports += [(alias.name, "") for alias in node.names]
    return imports


def is_streamlit_internal(module: str, name: str) -> bool:
    if module == "streamlit":
        return bool(name) and inspect.ismodule(getattr(st, name)) and name != "components"
    return module.startswith("streamlit.") and module not in PUBLIC_STREAMLIT


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_streamlit_compat_imports_streamlit_internals(path):
    if path != ROOT / COMPAT:
        assert [each for each in list_imports(path) if is_streamlit_internal(*each)] == []


def test_tests_and_benchmarks_import_no_streamlit_internals():
    for folder in ("bench", "docs", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            modules = [
                module for module, _ in list_imports(path) if module.startswith("streamlit.")
            ]
            assert set(modules) <= PUBLIC_STREAMLIT, path


def test_every_import_of_internals_is_a_listed_hook():
    names = " ".join(hook.name for hook in HOOKS)
    for path in CODE:
        for module, name in list_imports(path):
            if is_streamlit_internal(module, name) and module != "streamlit":
                assert name in names, (path, name)
            elif INTERNALS.match(module) or (name.startswith("_") and "." in module):
                files = {hook.file for hook in HOOKS}
                ours = module.startswith(("auth", "components", "issue_portal", "pages", "web"))
                assert ours or str(path.relative_to(ROOT)) in files, (path, module)
