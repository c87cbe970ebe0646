"""The local stack: no rights beyond need, nothing that listens beyond this machine, nothing secret."""

import re
from typing import Any

import pytest

from service.settings import ENV_PREFIX, Settings
from tests.deploy.manifests import ROOT

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
STACK: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
OURS = {name for name, each in SERVICES.items() if "build" in each}
VARIABLES = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))


def test_the_stack_and_its_profile() -> None:
    simulated = {name for name, each in SERVICES.items() if each.get("profiles")}
    assert simulated == {"days", "traffic"}
    assert SERVICES.keys() - simulated == {"logs", "first", "scheduler", "service", "prometheus", "grafana"}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_has_rights_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert "privileged" not in service
    image, _, digest = service["image"].partition("@")
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", image), "an image is pinned by its tag"
    if name not in OURS:
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest), "and what others publish by its digest"
        assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])


@pytest.mark.parametrize("name", [name for name, each in SERVICES.items() if each.get("ports")])
def test_ports_are_open_to_this_machine_alone(name: str) -> None:
    for port in SERVICES[name]["ports"]:
        assert re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+", port)


def test_who_needs_no_network_has_none_and_the_others_have_no_way_out() -> None:
    assert STACK["networks"]["inner"]["internal"] is True
    for name, service in SERVICES.items():
        joined = set(service.get("networks", []))
        assert (service.get("network_mode") == "none") is (not joined), name
        assert ("edge" in joined) is bool(service.get("ports")), name


def test_nothing_secret_is_written_down_and_every_password_is_read_from_a_file() -> None:
    for service in SERVICES.values():
        for variable in service.get("environment", {}):
            if re.search("PASSWORD|SECRET|TOKEN|KEY", variable):
                assert variable.endswith("__FILE")
    assert STACK["secrets"] == {"grafana_password": {"file": "deploy/secrets/grafana_password"}}
    assert SERVICES["service"]["env_file"] == ["deploy/secrets/service.env"]


def test_the_service_is_told_only_what_it_knows() -> None:
    environment = {
        variable.removeprefix(ENV_PREFIX).lower(): re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)
        for variable, value in SERVICES["service"]["environment"].items()
    }
    assert environment.keys() <= Settings.model_fields.keys()
    grace = int(SERVICES["service"]["stop_grace_period"].removesuffix("s"))
    assert grace > Settings.model_validate(environment).shutdown_grace_s


def test_only_who_retrains_writes_to_the_registry_and_logs_of_ones_own_are_never_touched() -> None:
    writers = {
        name
        for name, each in SERVICES.items()
        for volume in each.get("volumes", ())
        if volume == "registry:/data/registry"
    }
    assert writers == {"first", "scheduler"}
    for name in ("days", "traffic"):
        assert all("LOGS" not in volume for volume in SERVICES[name]["volumes"])


def test_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", volume).partition(":")[0]
            assert source in STACK["volumes"] or (ROOT / source).exists(), source


def test_every_variable_is_explained_and_the_simulation_sets_no_other() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for variable in VARIABLES:
        assert f"`{variable}`" in page, variable
    lines = (ROOT / "deploy" / "simulated.env").read_text(encoding="utf-8").splitlines()
    settings = {line.partition("=")[0] for line in lines if not line.startswith("#")}
    assert settings - {"COMPOSE_PROFILES"} <= VARIABLES


def test_prometheus_asks_services_of_the_stack() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    targets = {
        target
        for job in config["scrape_configs"]
        for group in job.get("static_configs", ())
        for target in group["targets"]
        if not target.startswith("localhost:")
    }
    assert {"service:8000", "scheduler:9101"} <= targets
    assert {target.partition(":")[0] for target in targets} <= SERVICES.keys()
