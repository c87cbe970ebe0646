"""The manifests are what Kubernetes takes, ask for no rights, and name one another rightly."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.settings import ENV_PREFIX, Settings
from tests.deploy.manifests import CLUSTER, FOLDERS, KUBERNETES, ROOT, by_kind, pod_of, pods, resources, tool

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

VERSIONS = ("1.29", "1.37")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("folder", FOLDERS[1:])  # the overlays hold the base
def test_every_resource_is_what_kubernetes_takes(folder: str, version: str) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed").validate
    known = [each for each in resources(folder) if not each["apiVersion"].startswith("monitoring.coreos.com")]
    assert len(known) >= 3
    for resource in known:
        validate(resource, version, strict=True)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_pod_has_rights_that_it_does_not_need(folder: str) -> None:
    for pod in (each["spec"] for each in pods(folder)):
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert not rights["allowPrivilegeEscalation"]
            assert rights["readOnlyRootFilesystem"]
            assert rights["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]
            assert container["image"].rpartition(":")[2] not in {"", "latest"}


@pytest.mark.parametrize("folder", CLUSTER)
def test_everything_that_is_named_is_there(folder: str) -> None:
    """Selectors find the service's pods; claims, accounts and configurations exist."""
    found = by_kind(folder)
    (deployment,) = found["Deployment"]
    labels, name = deployment["spec"]["template"]["metadata"]["labels"], deployment["metadata"]["name"]
    policy = next(each for each in found["NetworkPolicy"] if each["metadata"]["name"] == name)
    assert found["Service"][0]["spec"]["selector"].items() <= labels.items()
    for selector in (
        deployment["spec"]["selector"],
        found["PodDisruptionBudget"][0]["spec"]["selector"],
        policy["spec"]["podSelector"],
        *(each["labelSelector"] for each in deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]),
    ):
        assert selector["matchLabels"].items() <= labels.items()
    target = found["HorizontalPodAutoscaler"][0]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", name)
    there = {kind: {each["metadata"]["name"] for each in found[kind]} for kind in found}
    for pod in (each["spec"] for each in pods(folder)):
        assert {pod.get("serviceAccountName")} - {None} <= there["ServiceAccount"]
        for volume in pod["volumes"]:
            assert {volume.get("persistentVolumeClaim", {}).get("claimName")} - {None} <= there["PersistentVolumeClaim"]
            assert {volume.get("configMap", {}).get("name")} - {None} <= there["ConfigMap"]
        for source in (source for container in pod["containers"] for source in container.get("envFrom", ())):
            assert {source.get("configMapRef", {}).get("name")} - {None} <= there["ConfigMap"]
            assert source.get("secretRef", {"optional": True})["optional"], "a secret is made by hand, or not at all"


@pytest.mark.parametrize("folder", CLUSTER)
def test_the_service_is_told_only_what_it_knows(folder: str) -> None:
    """A setting whose name is mistaken would be overlooked in silence."""
    found = by_kind(folder)
    pod = found["Deployment"][0]["spec"]["template"]["spec"]
    names = {each["name"] for each in pod["containers"][0]["env"]}
    data = [each["data"] for each in found["ConfigMap"] if each["metadata"]["name"].startswith("threefold-service")]
    assert len(data) == 1
    environment = {name.removeprefix(ENV_PREFIX).lower(): value for name, value in data[0].items()}
    assert {
        name.removeprefix(ENV_PREFIX).lower() for name in names
    } | environment.keys() <= Settings.model_fields.keys()
    Settings.model_validate(environment | {"registry": "registry"})
    # SIGTERM comes after the sleep; what was accepted then is still answered.
    sleep = float(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > sleep + float(environment["shutdown_grace_s"])
    assert pod["enableServiceLinks"] is False


@pytest.mark.parametrize("folder", CLUSTER)
def test_one_retraining_at_a_time_writes_where_the_service_reads(folder: str) -> None:
    found = by_kind(folder)
    (cron,) = found["CronJob"]
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    retrain = pod_of(cron)["spec"]  # type: ignore[index]
    service = found["Deployment"][0]["spec"]["template"]["spec"]
    places = service["containers"][0]["env"][0]["valueFrom"]["configMapKeyRef"]
    assert {"configMapRef": {"name": places["name"]}} in retrain["containers"][0]["envFrom"]
    data = next(each["data"] for each in found["ConfigMap"] if each["metadata"]["name"] == places["name"])
    assert data.keys() == {"REGISTRY", "DATA"}
    if "://" not in data[places["key"]]:
        if folder == "base":
            return  # an overlay mounts the place
        for pod in (service, retrain):
            mounts = [each["mountPath"] for each in pod["containers"][0]["volumeMounts"]]
            assert any(data["REGISTRY"].startswith(f"{mount}/") for mount in mounts)


def test_a_configuration_of_ones_own_leaves_the_script_beside_it(tmp_path: Path) -> None:
    """As docs/deployment.md says it; `behavior: replace` would take the script away."""
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    (generated,) = re.findall(r"```\n(configMapGenerator:\n.*?)```", page, re.S)
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    overlay = tmp_path / "kubernetes" / "overlays" / "mine"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text("resources: [../../base]\nnamespace: threefold\n" + generated)
    (overlay / "threefold.toml").write_text('name = "mine"\n')
    made = subprocess.run([tool("kubectl"), "kustomize", overlay], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    maps = [each for each in yaml.safe_load_all(made.stdout) if each["kind"] == "ConfigMap"]
    (data,) = [each["data"] for each in maps if "threefold.toml" in each["data"]]
    assert data.keys() == {"threefold.toml", "retrain.sh"}
    assert data["threefold.toml"] == 'name = "mine"\n'


def test_the_configuration_of_the_base_is_the_example() -> None:
    """Kustomize reads no file beyond its folder, so the base holds a copy."""
    assert (KUBERNETES / "base" / "threefold.toml").read_text() == (ROOT / "examples" / "retrain.toml").read_text()


@pytest.mark.parametrize("folder", CLUSTER)
def test_a_service_without_a_model_gets_no_traffic_and_is_not_restarted(folder: str) -> None:
    (container,) = by_kind(folder)["Deployment"][0]["spec"]["template"]["spec"]["containers"]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    assert {kind: each["path"] for kind, each in asked.items()} == {
        "startup": "/livez",
        "readiness": "/readyz",
        "liveness": "/livez",
    }
    assert {ports[each["port"]] for each in asked.values()} == {Settings.model_fields["port"].default}


@pytest.mark.parametrize("folder", CLUSTER)
def test_prometheus_and_the_namespace_reach_the_service_and_nobody_a_retraining(folder: str) -> None:
    found = by_kind(folder)
    policies = {each["metadata"]["name"]: each["spec"] for each in found["NetworkPolicy"]}
    assert all(each["policyTypes"] == ["Ingress", "Egress"] for each in policies.values())
    (rule,) = policies["threefold-service"]["ingress"]
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    assert {"podSelector": {}} in rule["from"]
    assert monitoring in rule["from"]
    assert rule["ports"] == [{"protocol": "TCP", "port": Settings.model_fields["port"].default}]
    retrain = policies["threefold-retrain"]
    assert "ingress" not in retrain
    labels = pod_of(found["CronJob"][0])["metadata"]["labels"]  # type: ignore[index]
    assert retrain["podSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("folder", CLUSTER)
def test_what_trying_again_cannot_mend_fails_the_job_at_once(folder: str) -> None:
    """2 is a mistake in the configuration, 10 a candidate that was held; 11 and 12 never leave retrain.sh."""
    job = by_kind(folder)["CronJob"][0]["spec"]["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    assert pod["restartPolicy"] == "Never", "the only one that a policy of failures is allowed with"
    assert job["backoffLimit"] > 0
    disrupted, refused = job["podFailurePolicy"]["rules"]
    assert disrupted == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert refused["action"] == "FailJob"
    assert refused["onExitCodes"] == {
        "containerName": pod["containers"][0]["name"],
        "operator": "In",
        "values": [2, 10],
    }
    assert pod["containers"][0]["command"] == ["sh", "/config/retrain.sh"]
