"""What service and retraining may come to hold fits the memory and the volumes that the manifests give them."""

from pathlib import Path

import pytest

from service.settings import ENV_PREFIX, Settings
from tests.deploy.manifests import CLUSTER, by_kind
from training.config import load_config


@pytest.mark.parametrize("folder", CLUSTER)
def test_as_many_bodies_as_may_be_open_fit_the_service_beside_its_models(folder: str) -> None:
    found = by_kind(folder)
    (data,) = [each["data"] for each in found["ConfigMap"] if each["metadata"]["name"].startswith("threefold-service")]
    said = {name.removeprefix(ENV_PREFIX).lower(): value for name, value in data.items()}
    settings = Settings.model_validate(said | {"registry": "registry"})
    (container,) = found["Deployment"][0]["spec"]["template"]["spec"]["containers"]
    limit = float(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 2**30
    bodies = settings.workers * settings.max_open_bodies * settings.max_body_bytes
    assert bodies + 2**30 <= limit, "docs/deployment.md, sizing"


@pytest.mark.parametrize("folder", CLUSTER)
def test_what_a_retraining_keeps_fits_its_volume(folder: str, tmp_path: Path) -> None:
    """Encoded rows and states grow to their limits; a volume that is full before stops every later night."""
    found = by_kind(folder)
    (text,) = [each["data"]["threefold.toml"] for each in found["ConfigMap"] if "threefold.toml" in each["data"]]
    (tmp_path / "threefold.toml").write_text(text)
    config = load_config(tmp_path / "threefold.toml")
    claim = next(each for each in found["PersistentVolumeClaim"] if each["metadata"]["name"] == "threefold-retraining")
    room = float(claim["spec"]["resources"]["requests"]["storage"].removesuffix("Gi"))
    assert config.data.cache.max_gib + config.training.resume.keep_gib <= 0.8 * room
