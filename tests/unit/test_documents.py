"""Paths, links, make targets, commands, options and settings in the documents exist."""

import re
import shlex
from functools import cache
from pathlib import Path

import click
import pytest

from docs.env_example import get_variable_name
from issue_portal.cli.commands import COMMANDS, cli
from issue_portal.core.settings import Settings
from tests.servers.processes import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]

CREATED_AT_RUN_TIME = {
    "accounts.yaml",
    "compose.override.yaml",
    "data/",
    "data/accounts.yaml",
    "data/secret.key",
    "ended/",
    ".streamlit/secrets.toml",
    "secrets.toml",
}

for_each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def remove_code_blocks(text: str) -> str:
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<=\n\n)(?: {4}.*\n|\n)+", "\n", text)


def find_indented_code(text: str) -> str:
    return "\n".join(re.findall(r"^ {4}.*$", text, re.MULTILINE))


def find_inline_code(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", remove_code_blocks(text))


@cache
def find_anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub makes for the headings."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@for_each_document
def test_links_resolve(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", remove_code_blocks(document.read_text())):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in find_anchors(target), link


PATH = re.compile(r"(?!/)[\w.-]*(/[\w.-]+)*(/|\w\.(py|js|css|md|toml|txt|yaml|po|cfg))")


@for_each_document
def test_paths_exist(document):
    for token in find_inline_code(document.read_text()):
        if PATH.fullmatch(token) and token not in CREATED_AT_RUN_TIME:
            assert (ROOT / token).exists(), token


def test_files_in_the_diagrams_of_the_architecture_exist():
    files = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py")]
    named = set(
        re.findall(r"[\w/]+\.py\b", find_indented_code((ROOT / "docs/architecture.md").read_text()))
    )
    assert len(named) > 10
    for name in named:
        assert any(f"/{file}".endswith(f"/{name}") for file in files), name


def test_folders_in_the_architecture_exist():
    page = (ROOT / "docs" / "architecture.md").read_text()
    tree = page.partition("\n## Folders\n")[2].partition("\n## ")[0]
    parent = ""
    for indent, name in re.findall(r"^ {4}( *)([\w./]+) ", tree, re.MULTILINE):
        path = parent + name if indent else name
        assert (ROOT / path).exists(), path
        parent = parent if indent else name


@cache
def find_make_targets() -> dict[str, str]:
    """Return the targets of the Makefile, each with its text in `make help`; "" without one."""
    rules = re.findall(
        r"^([a-z-]+):[^=\n]*?(?:## (.*))?$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    return dict(rules)


@for_each_document
def test_make_targets_exist(document):
    text = document.read_text()
    code = "\n".join([*find_inline_code(text), find_indented_code(text)])
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", code)) <= find_make_targets().keys()


def test_contributing_names_every_target_of_make_help():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    targets = {name for name, help_text in find_make_targets().items() if help_text}
    assert targets
    assert targets <= set(re.findall(r"\bmake ([a-z][a-z-]*)", text))


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def check_command(line: str) -> None:
    """Fail unless the command line names an existing command, with existing options."""
    command: click.Command = cli
    context = click.Context(cli)
    for word in shlex.split(line, comments=True):
        if isinstance(command, click.Group):
            if word.startswith("-"):
                assert word in find_options(command, context), line
                continue
            subcommand = command.get_command(context, word)
            assert subcommand is not None, line
            command = subcommand
        elif word.startswith("--"):
            assert word.partition("=")[0] in find_options(command, context), line


def find_options(command: click.Command, context: click.Context) -> set[str]:
    return {name for parameter in command.get_params(context) for name in parameter.opts}


@for_each_document
def test_commands_exist_with_their_options(document):
    text = document.read_text()
    inline = find_inline_code(text)
    code = "\n".join([*inline, find_indented_code(text)])
    for line in re.findall(r"(?:-m issue_portal|^ *issue-portal) (.*)", code, re.MULTILINE):
        # The command ends before an ellipsis or the ")" of `$(…)`.
        check_command(re.split(r"…|\)(?:\s|$)", line)[0])
    for token in inline:
        words = token.split()
        if words[0] in COMMANDS and (len(words) > 1 or document.name == "commands.md"):
            check_command(token)


def test_every_command_is_documented():
    text = (ROOT / "docs" / "commands.md").read_text()
    named = {tuple(token.split()[:2]) for token in find_inline_code(text)}
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            assert {(name, part) for part in command.list_commands(context)} <= named
        else:
            assert name in {words[0] for words in named}


@for_each_document
def test_settings_exist(document):
    named = set(re.findall(r"\bISSUES_[A-Z_]*[A-Z]\b(?!…)", document.read_text()))
    settings = {get_variable_name(name, field) for name, field in Settings.model_fields.items()}
    assert named <= settings


def test_every_requirement_has_its_purpose_in_the_architecture():
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    for name in re.findall(r"^[\w-]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE):
        assert re.search(rf"^\|[^|]*\b{name}\b", table, re.MULTILINE), name
