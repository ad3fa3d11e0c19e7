"""compose.yaml matches the program and the proxy; no container engine is needed."""

import re

import pytest
import yaml

import issue_portal
from issue_portal.cli.commands import COMMANDS
from issue_portal.core.settings import Settings
from tests.servers.processes import ROOT

SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
OURS = [name for name, service in SERVICES.items() if service.get("image") == "issue-portal"]


@pytest.mark.parametrize("name", OURS)
def test_settings_are_those_of_the_program(name):
    environment = SERVICES[name].get("environment", {})
    settings = {setting for setting in environment if setting.startswith("ISSUES_")}
    assert settings <= {f"ISSUES_{field.upper()}" for field in Settings.model_fields}


@pytest.mark.parametrize("name", OURS)
def test_command_line_of_a_container_exists(name):
    """Services without a command run the image's own, the portal."""
    match SERVICES[name].get("command"):
        case ["python", "-m", module, command, *_]:
            assert module == issue_portal.__name__
            assert command in COMMANDS
        case other:
            assert other is None


@pytest.mark.parametrize("name", OURS)
def test_containers_have_minimal_permissions(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_proxy_configuration_has_its_variables():
    asked = re.findall(r"\$\{(\w+)", (ROOT / "deploy" / "haproxy.cfg").read_text())
    assert SERVICES["proxy"]["environment"].keys() == set(asked)
