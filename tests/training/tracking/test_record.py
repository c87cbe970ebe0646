"""What is told of a version is what it says of itself, in names and numbers that a tracker takes."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ConfigError
from models.manifest import Manifest, read_manifest
from tests.service.tiny import save_tiny
from training.config import validated
from training.retraining.observation import Observation
from training.retraining.outcome import Measure, RetrainOutcome
from training.tracking.config import MlflowConfig
from training.tracking.record import flattened, record_of

SETTINGS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda held: st.lists(held, max_size=3) | st.dictionaries(st.text("ab", min_size=1), held, max_size=3),
    max_leaves=12,
)
TRAINING: dict[str, Any] = {
    "config": {
        "name": "m",
        "tasks": [{"name": "click", "kind": "binary"}],
        "training": {"seed": 3, "num_threads": None, "compile": True},
        "crosses": [],
    },
    "rows": {"train": 100, "test": 20},
    "windows": {"train": "from 1 to 2"},
    "steps": 7,
    "parent": None,
}
OUTCOME = RetrainOutcome(
    decision="held",
    why="",
    registry="r",
    channel="production",
    champion="older",
    candidate="new",
    checks=(Observation(name="volume", field=None, observed=5, limit=3, passed=True, reason="enough"),),
    gates=(Observation(name="calibration", field="click", observed=1.4, limit=1.1, passed=False, reason="too high"),),
    measures=(Measure(task="click", metric="auc", candidate=0.7, champion=0.8),),
    seconds={"train": 2.5},
)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    found = read_manifest(save_tiny(tmp_path_factory.mktemp("version")))
    return found.model_copy(update={"training": TRAINING})


def test_a_version_is_told_by_its_manifest(manifest: Manifest) -> None:
    record = record_of(manifest, "s3://bucket/versions/v")
    assert record.version == manifest.version
    assert record.params["tasks.click.kind"] == "binary"
    assert record.params["training.seed"] == "3"
    assert record.params["training.compile"] == "true"
    assert "training.num_threads" not in record.params
    assert record.metrics == {"click/auc": 0.71, "rows/train": 100, "rows/test": 20, "steps": 7}
    assert record.tags["threefold.place"] == "s3://bucket/versions/v"
    assert record.tags["threefold.parent"] == "none"


def test_a_decision_is_told_with_every_observation_and_the_reasons_of_those_that_failed(manifest: Manifest) -> None:
    record = record_of(manifest, "place").with_outcome(OUTCOME)
    assert record.metrics["gates/volume/observed"] == 5
    assert record.metrics["gates/calibration/click/limit"] == 1.1
    assert (record.metrics["gates/volume/passed"], record.metrics["gates/calibration/click/passed"]) == (1, 0)
    assert record.metrics["champion/click/auc"] == 0.8
    assert record.metrics["seconds/train"] == 2.5
    assert record.tags["threefold.decision"] == "held"
    assert record.tags["threefold.failed.calibration.click"] == "too high"
    assert not any("volume" in name for name in record.tags)


@given(SETTINGS)
def test_every_setting_that_is_set_is_told_under_a_name_of_its_own(settings: Any) -> None:
    found = list(flattened({"all": settings}))
    assert len({path for path, _ in found}) == len(found)
    assert sum(_leaves(settings)) == len(found)


def _leaves(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [sum(_leaves(held)) for held in value.values()]
    if isinstance(value, list) and value and all(isinstance(held, dict) for held in value):
        return [sum(_leaves(held)) for held in value]
    return [int(not (value is None or value == [] or value == ""))]


def test_no_number_is_told_that_is_none(manifest: Manifest) -> None:
    odd = manifest.model_copy(update={"metrics": {"click": {"a": math.nan, "b": math.inf, "c": None, "d": 1.0}}})
    assert {name for name in record_of(odd, "").metrics if name.startswith("click")} == {"click/d"}


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    assert MlflowConfig(uri="https://me@mlflow.example.org").experiment == "threefold"
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_PASSWORD") as refused:
        validated({"tracking": {"kind": "mlflow", "uri": "https://me:s3cret@mlflow.example.org"}}, "my.toml")
    assert "s3cret" not in str(refused.value)
