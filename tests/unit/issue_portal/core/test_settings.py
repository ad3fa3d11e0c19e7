"""The documents match the settings, and `.env` stays out of git and the image."""

import re
import shutil
import subprocess

from streamlit import config

from docs.env_example import get_variable, make_env_example
from issue_portal.core.settings import Settings
from tests.servers.processes import ROOT

OF_UVICORN = {"FORWARDED_ALLOW_IPS"}


def test_env_example_matches_the_settings():
    assert (ROOT / ".env.example").read_text() == make_env_example(), "run `make env-example`"


def test_env_example_changes_nothing_when_every_line_is_used(tmp_path, monkeypatch):
    for name, field in Settings.model_fields.items():
        monkeypatch.delenv(get_variable(name, field), raising=False)
    used = tmp_path / ".env"
    used.write_text(re.sub("^#(?=[A-Z])", "", make_env_example(), flags=re.MULTILINE))
    assert "\nISSUES_DATA_DIR=data\n" in used.read_text()
    assert Settings(_env_file=used) == Settings(_env_file=None)


def test_configuration_page_has_every_setting_and_no_other():
    page = (ROOT / "docs" / "configuration.md").read_text()
    section = page.partition("\n## Settings\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)
    streamlit = {option.env_var for option in config.get_config_options().values()}
    ours = {get_variable(name, field) for name, field in Settings.model_fields.items()}
    assert len(listed) == len(set(listed))
    assert ours <= set(listed)
    assert set(listed) - ours <= streamlit | OF_UVICORN


def test_git_ignores_env_but_not_its_example(tmp_path):
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True, timeout=20)
    done = subprocess.run(
        ["git", "check-ignore", ".env", ".env.example"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stdout.split() == [".env"]


def test_docker_image_excludes_env_files():
    rules = (ROOT / ".dockerignore").read_text().split("\n")
    assert rules[1] == "*"
    assert not [rule for rule in rules if rule.startswith("!") and "env" in rule]
    assert "**/.env" in rules
