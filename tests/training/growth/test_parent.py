"""Which versions a run may grow from."""

import shutil
from pathlib import Path

import pytest

from models.checkpoint import load_checkpoint
from models.errors import CheckpointError, ConfigError
from tests.training.growth.logs import days_config
from tests.training.worlds import silent
from training.growth.parent import load_parent
from training.pipeline import prepare, run, run_prepared, save


@pytest.fixture
def copied(version: Path, tmp_path: Path) -> Path:
    """A version that a test may damage."""
    return Path(shutil.copytree(version, tmp_path / "versions" / version.name))


def test_a_folder_of_versions_stands_for_its_newest(folder: Path, version: Path) -> None:
    model = days_config(folder, 2).model_part()
    assert load_parent(version.parent, model).version == load_parent(version, model).version == version.name


def test_where_there_is_none_it_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="found an empty or unrelated folder"):
        load_parent(tmp_path, days_config(folder, 2).model_part())


@pytest.mark.parametrize(
    "file", ["weights.safetensors", "growth/last_seen.safetensors", "growth/optimizers.safetensors"]
)
def test_an_altered_file_is_refused(folder: Path, copied: Path, file: str) -> None:
    held = bytearray((copied / file).read_bytes())
    held[-1] ^= 1
    (copied / file).write_bytes(held)
    with pytest.raises(CheckpointError, match="must have the SHA-256 of its manifest"):
        load_parent(copied, days_config(folder, 2).model_part())


def test_serving_needs_nothing_of_what_growth_keeps(version: Path, copied: Path) -> None:
    shutil.rmtree(copied / "growth")
    assert load_checkpoint(copied)[1] == load_checkpoint(version)[1]


def test_a_version_that_lost_it_is_no_parent(folder: Path, copied: Path) -> None:
    shutil.rmtree(copied / "growth")
    with pytest.raises(CheckpointError, match="must hold growth/"):
        load_parent(copied, days_config(folder, 2).model_part())


def test_another_network_is_refused_before_the_log_is_read(version: Path) -> None:
    config = days_config(Path("nowhere"), 2, model={"embedding": {"dim": 3}})
    with pytest.raises(ConfigError, match=r"embedding.dim: 2 in the checkpoint, 3 here"):
        prepare(config, silent(), version)


def test_a_version_that_kept_nothing_can_be_grown_too(folder: Path, tmp_path: Path) -> None:
    """An id whose last day nobody wrote down counts as seen on the window's first day."""
    version = save(run(days_config(folder, 0, training={"growth": None}), silent()), tmp_path, {})
    assert not (version / "growth").exists()
    grown = prepare(days_config(folder, 2, training={"growth": {"evict_after": "1d"}}), silent(), version)
    assert grown.data.inheritance is not None
    days = dict(
        zip(
            grown.data.encoder.fitted.vocabularies["user"].values,  # type: ignore[union-attr]
            grown.data.inheritance.last_seen["user"].tolist(),
            strict=True,
        )
    )
    assert days["came"] == days["gone"] + 1


def test_the_parent_may_be_the_best(folder: Path, version: Path) -> None:
    """A run that only makes it worse ends with what it began with."""
    rates = {"shared": {"kind": "adamw", "learning_rate": 10.0}, "heads.*": {"kind": "adamw", "learning_rate": 10.0}}
    done = run_prepared(prepare(days_config(folder, 2, training={"optimizers": rates}), silent(), version), silent())
    looked = done.trained.history.validations
    assert [look.step for look in looked if look.is_best] == [0]
    parent = load_checkpoint(version)[0].network.state_dict()
    for name, tensor in done.trained.predictor.network.state_dict().items():
        assert name == "embeddings.table" or tensor.equal(parent[name]), name
