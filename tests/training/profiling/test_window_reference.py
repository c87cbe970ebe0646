"""What a trained version says of its windows, and the profile of the same rows beside it."""

from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest

from models.checkpoint import load_checkpoint
from models.heads import BinaryTask
from models.reference import CategoricalReference, Reference, psi, read_reference
from tests.training.worlds import silent, small_config
from training.config import Config
from training.data.reader import LogReader, open_log
from training.data.windows import Windows, find_windows
from training.evaluation.scored import score_window
from training.pipeline import run, save
from training.profiling.profile import profile_of


class Version:
    """A trained version of a small world."""

    def __init__(self, world: Path, folder: Path) -> None:
        self.config: Config = small_config(world)
        finished = run(self.config, silent())
        self.windows: Windows = finished.prepared.windows
        self.path = save(finished, folder, {})
        self.predictor, self.manifest = load_checkpoint(self.path)
        found = read_reference(self.path)
        assert found is not None
        self.reference: Reference = found


@pytest.fixture(scope="module")
def version(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Version:
    return Version(world, tmp_path_factory.mktemp("versions"))


def test_the_manifest_vouches_for_it_like_for_every_other_file(version: Version) -> None:
    assert "reference.json" in version.manifest.files


def test_shares_of_every_feature_and_field_are_whole(version: Version) -> None:
    for feature in version.reference.features.values():
        assert sum(feature.shares) == pytest.approx(1)
        assert len(feature.shares) == 1 + len(
            feature.top if isinstance(feature, CategoricalReference) else feature.edges
        )
    for prediction in version.reference.predictions.values():
        assert sum(prediction.shares) == pytest.approx(1)
        assert len(prediction.shares) == len(prediction.edges) + 1
    assert set(version.reference.predictions) == set(version.manifest.model.prediction_names)


def test_rows_and_labels_are_those_of_the_log(version: Version) -> None:
    log = open_log(version.config.data, version.manifest.model).dataset.to_table(columns=["clicked", "date"])
    days, rows = np.unique(log["date"].to_numpy().astype(str), return_counts=True)
    assert version.reference.rows_by_partition == dict(zip(days.tolist(), rows.tolist(), strict=True))
    assert version.reference.tasks["click"].mean == pytest.approx(log["clicked"].to_numpy().mean())
    assert version.reference.tasks["dwell"].observed == pytest.approx(log["clicked"].to_numpy().mean())
    assert version.reference.rows == version.windows.train.num_rows


def test_the_training_window_beside_its_own_reference_has_not_moved(version: Version) -> None:
    reference = version.reference
    new = profile_of(
        version.config, version.windows.train.where, reference=reference, encoder=version.predictor.encoder
    )
    for name, feature in new.features.items():
        assert feature.counts is not None
        assert psi(reference.features[name].shares, feature.counts) == pytest.approx(0, abs=1e-9)
        assert feature.missing == pytest.approx(reference.features[name].missing)
    for name, part in new.partitions.items():
        assert part.fingerprint == reference.fingerprints[name]
        assert part.rows == reference.rows_by_partition[name]


def test_predictions_and_losses_are_those_of_the_test_window(version: Version) -> None:
    reader = LogReader(open_log(version.config.data, version.manifest.model), version.manifest.model)
    test = find_windows(reader.source, version.config.data).test
    scored = score_window(version.predictor, reader, test)
    for field, prediction in version.reference.predictions.items():
        assert prediction.mean == pytest.approx(scored.predictions[field].mean(), rel=1e-5)
        assert prediction.rows == test.num_rows
    for task in version.manifest.model.tasks:
        if isinstance(task, BinaryTask):
            expected = version.manifest.metrics[task.name]["normalised_entropy"]
            assert version.reference.tasks[task.name].loss == pytest.approx(expected, rel=1e-4)


def test_fewer_rows_are_looked_at_where_fewer_are_asked_for(version: Version) -> None:
    new = profile_of(version.config, ds.field("date") == "2026-01-02", reference=version.reference, max_rows=1_000)
    assert new.rows == version.reference.rows_by_partition["2026-01-02"]
    assert 900 <= new.sampled_rows <= 1_000
    assert list(new.partitions) == ["2026-01-02"]
