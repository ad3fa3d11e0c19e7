"""Documents match the settings, and git and the Docker image exclude `.env`."""

import re
import shutil
import subprocess

import pytest
from streamlit import config

from docs.env_example import get_variable_name, make_env_example
from issue_portal.core.settings import FatalError, Settings, get_settings
from tests.servers.processes import ROOT

UVICORN_SETTINGS = {"FORWARDED_ALLOW_IPS"}


def test_env_example_matches_the_settings():
    assert (ROOT / ".env.example").read_text() == make_env_example(), "run `make env-example`"


def test_uncommented_env_example_sets_the_defaults(tmp_path, monkeypatch):
    for name, field in Settings.model_fields.items():
        monkeypatch.delenv(get_variable_name(name, field), raising=False)
    env_file = tmp_path / ".env"
    env_file.write_text(re.sub("^#(?=[A-Z])", "", make_env_example(), flags=re.MULTILINE))
    assert "\nISSUES_DATA_DIR=data\n" in env_file.read_text()
    assert Settings(_env_file=env_file) == Settings(_env_file=None)


def test_configuration_page_lists_every_setting_and_no_unknown_one():
    page = (ROOT / "docs" / "configuration.md").read_text()
    section = page.partition("\n## Settings\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)
    streamlit = {option.env_var for option in config.get_config_options().values()}
    ours = {get_variable_name(name, field) for name, field in Settings.model_fields.items()}
    assert len(listed) == len(set(listed))
    assert ours <= set(listed)
    assert set(listed) - ours <= streamlit | UVICORN_SETTINGS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISSUES_API_SHARES_KEY", "maybe"),
        ("ISSUES_API_URL", "nonsense"),
        ("ISSUES_ORG", "Bad Slug!"),
    ],
)
def test_invalid_setting_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    with pytest.raises(FatalError, match=f"^{name}: "):
        get_settings()


@pytest.mark.parametrize(
    ("value", "language"), [("1", "en"), ("True", "en"), ("es", "es"), ("0", ""), ("off", "")]
)
def test_demo_is_a_language_or_a_switch(monkeypatch, value, language):
    monkeypatch.setenv("ISSUES_DEMO", value)
    assert Settings(_env_file=None).demo == language


def test_git_ignores_env_but_not_its_example(tmp_path):
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True, timeout=20)
    result = subprocess.run(
        ["git", "check-ignore", ".env", ".env.example"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert result.stdout.split() == [".env"]


def test_docker_image_excludes_env_files():
    rules = (ROOT / ".dockerignore").read_text().split("\n")
    assert rules[1] == "*"
    assert not [rule for rule in rules if rule.startswith("!") and "env" in rule]
    assert "**/.env" in rules
