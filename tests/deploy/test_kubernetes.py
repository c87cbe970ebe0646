"""The manifests are what Kubernetes takes, ask for no rights, and name one another rightly."""

import pytest

from service.settings import ENV_PREFIX, Settings
from tests.deploy.manifests import FOLDERS, KUBERNETES, ROOT, by_kind, pod_of, pods, resources

VERSIONS = ("1.29", "1.37")
CLUSTER = ("base", "overlays/local", "overlays/production")


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


def test_the_configuration_of_the_base_is_the_example() -> None:
    """Kustomize reads no file beyond its folder, so the base holds a copy."""
    assert (KUBERNETES / "base" / "threefold.toml").read_text() == (ROOT / "examples" / "retrain.toml").read_text()
