"""What `deploy/` holds is valid, says the same in all its places, and asks for no rights."""

from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")

JOB = Path(__file__).parent.parent / "deploy" / "kubernetes" / "training-job.yaml"
VERSIONS = ("1.29", "1.37")


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    """By kind, the resources of the training job."""
    return {each["kind"]: each for each in yaml.safe_load_all(JOB.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_is_what_kubernetes_takes(version: str, found: dict[str, dict[str, Any]]) -> None:
    assert found.keys() == {"Service", "PersistentVolumeClaim", "Job"}
    for resource in found.values():
        kubernetes_validate.validate(resource, version, strict=True)


def test_the_pods_are_as_many_as_torchrun_waits_for_and_meet_where_the_service_leads(
    found: dict[str, dict[str, Any]],
) -> None:
    job, service = found["Job"]["spec"], found["Service"]
    pod = job["template"]["spec"]
    options = dict(each.split("=", 1) for each in pod["containers"][0]["args"] if each.startswith("--") and "=" in each)
    assert int(options["--nnodes"]) == job["parallelism"] == job["completions"]
    name, port = options["--rdzv-endpoint"].split(":")
    assert name == f"{found['Job']['metadata']['name']}-0.{service['metadata']['name']}"
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert int(port) in {each["port"] for each in service["spec"]["ports"]}
    assert service["spec"]["selector"].items() <= job["template"]["metadata"]["labels"].items()


def test_the_training_asks_for_no_rights(found: dict[str, dict[str, Any]]) -> None:
    pod = found["Job"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    for container in pod["containers"]:
        rights = container["securityContext"]
        assert not rights["allowPrivilegeEscalation"]
        assert rights["readOnlyRootFilesystem"]
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
