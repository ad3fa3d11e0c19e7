"""compose.yaml matches the program and the proxy's configuration. Needs no container engine."""

import re

import pytest
import yaml

import issue_portal
from issue_portal.cli.commands import COMMANDS
from issue_portal.core.settings import Settings
from tests.servers.processes import ROOT

SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
OUR_SERVICES = [
    name for name, service in SERVICES.items() if service.get("image") == "issue-portal"
]


@pytest.mark.parametrize("name", OUR_SERVICES)
def test_services_use_only_existing_settings(name):
    environment = SERVICES[name].get("environment", {})
    settings = {setting for setting in environment if setting.startswith("ISSUES_")}
    assert settings <= {f"ISSUES_{field.upper()}" for field in Settings.model_fields}


@pytest.mark.parametrize("name", OUR_SERVICES)
def test_services_run_only_existing_commands(name):
    """A service without a command runs the default command of the image."""
    match SERVICES[name].get("command"):
        case ["python", "-m", module, command, *_]:
            assert module == issue_portal.__name__
            assert command in COMMANDS
        case other:
            assert other is None


@pytest.mark.parametrize("name", OUR_SERVICES)
def test_containers_have_minimal_permissions(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_every_service_starts_after_a_reboot():
    """The service podman-restart starts only containers with "always"."""
    assert all(service["restart"] == "always" for service in SERVICES.values())


def test_every_service_is_in_a_network_with_dns():
    """podman-compose puts a service without networks into one where names do not work."""
    assert all(service["networks"] for service in SERVICES.values())


def test_proxy_service_sets_the_variables_of_its_configuration():
    configuration = (ROOT / "deploy" / "haproxy.cfg").read_text()
    optional = set(re.findall(r"defined\((\w+)\)", configuration))
    required = set(re.findall(r"\$\{(\w+)", configuration)) - optional
    # Containers that restart get new addresses.
    assert SERVICES["proxy"]["environment"].keys() == required | {"FOLLOW_DNS"}
    assert "FOLLOW_DNS" in optional


@pytest.mark.parametrize("name", OUR_SERVICES)
def test_health_check_asks_the_port_of_the_service(name):
    command = SERVICES[name].get("command", [])
    port = command[command.index("--port") + 1] if "--port" in command else "8501"
    assert f"127.0.0.1:{port}/api/ready" in SERVICES[name]["healthcheck"]["test"][-1]
