"""What a grown model is before its first step, and what a run makes of it."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console

from models.checkpoint import load_checkpoint
from models.encoder import PADDING
from models.features.vocabulary import NUM_RESERVED, UNKNOWN
from models.predictor import Predictor
from tests.training.growth.logs import days_config, ids, predicted, untrained
from tests.training.worlds import silent
from training.growth.rows import row_map
from training.growth.start import first_network
from training.pipeline import Prepared, prepare, run_prepared, save


@pytest.fixture(scope="module")
def grown(folder: Path, version: Path) -> Prepared:
    """The next two days, no id ever evicted."""
    return prepare(days_config(folder, 2), silent(), version)


@pytest.fixture(scope="module")
def evicted(folder: Path, version: Path) -> Prepared:
    """The next two days; whoever was not there for two days is dropped."""
    config = days_config(folder, 2, training={"growth": {"evict_after": "2d"}})
    return prepare(config, silent(), version)


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def heard_of(like: Prepared, parent: Path | None) -> tuple[Prepared, str]:
    """The same prepared once more, and what the console was told."""
    console = Console(file=io.StringIO(), width=200)
    return prepare(like.config, console, parent), console.file.getvalue()  # type: ignore[attr-defined]


class TestBeforeTheFirstStep:
    def test_without_new_ids_nothing_changes(self, folder: Path, version: Path, log: pd.DataFrame) -> None:
        parent = load_checkpoint(version)[0]
        again = prepare(days_config(folder, 0), silent(), version)
        assert again.data.encoder.num_rows == parent.encoder.num_rows
        network = first_network(again.config.model_part(), again.data, again.parent)
        for name, tensor in parent.network.state_dict().items():
            assert torch.equal(network.state_dict()[name], tensor), name
        same(predicted(untrained(again), log), predicted(parent, log))

    def test_the_parent_learned_something(self, version: Path, log: pd.DataFrame) -> None:
        """A model that predicts the same for all rows would pass every other test."""
        assert len(np.unique(predicted(load_checkpoint(version)[0], log)["click"])) > 100

    def test_every_id_is_predicted_as_the_parent_predicts_it(
        self, grown: Prepared, version: Path, log: pd.DataFrame
    ) -> None:
        """Old ids are what they were; new ones were unknown, and still are until they are trained."""
        assert "came" in set(ids(grown, "user"))
        assert any(value.startswith("came|") for value in ids(grown, "user_item"))
        same(predicted(untrained(grown), log), predicted(load_checkpoint(version)[0], log))

    def test_a_new_id_is_predicted_as_the_unknown_one(self, grown: Prepared, log: pd.DataFrame) -> None:
        came = log[log.user == "came"]
        model = untrained(grown)
        same(predicted(model, came), predicted(model, came.assign(user="nobody")))

    def test_a_dropped_id_is_predicted_as_the_unknown_one(
        self, evicted: Prepared, version: Path, log: pd.DataFrame
    ) -> None:
        gone, others = log[log.user == "gone"], log[log.user != "gone"]
        assert "gone" not in ids(evicted, "user")
        assert not any(value.startswith("gone|") for value in ids(evicted, "user_item"))
        model, parent = untrained(evicted), load_checkpoint(version)[0]
        same(predicted(model, gone), predicted(model, gone.assign(user="nobody")))
        assert (predicted(model, gone)["click"] != predicted(parent, gone)["click"]).any()
        same(predicted(model, others.assign(item=99)), predicted(parent, others.assign(item=99)))

    def test_old_ids_keep_their_order_and_new_ones_follow(self, grown: Prepared, evicted: Prepared) -> None:
        assert grown.parent is not None
        before, after = ids(grown.parent, "user"), ids(grown, "user")
        assert after == [*before, "came"]
        assert ids(evicted, "user") == [value for value in after if value != "gone"]

    def test_numbers_and_labels_are_measured_as_the_parent_measured_them(self, grown: Prepared) -> None:
        parent = grown.parent
        assert parent is not None
        assert grown.data.encoder.fitted.numerics == parent.encoder.fitted.numerics
        assert grown.data.statistics == parent.manifest.statistics

    def test_growing_twice_is_growing(self, folder: Path, version: Path, log: pd.DataFrame, tmp_path: Path) -> None:
        """Two runs that learn nothing lead where one leads: the weights of the first version, with more rows."""
        frozen = {name: {"kind": "adamw", "learning_rate": 0} for name in ("shared", "heads.*")}
        frozen["embeddings"] = {"kind": "rowwise_adagrad", "learning_rate": 0}
        newest = version
        for first in (1, 3):
            config = days_config(folder, first, num_days=1, training={"optimizers": frozen})
            newest = save(run_prepared(prepare(config, silent(), newest), silent()), tmp_path, {})
        found, parent = load_checkpoint(newest)[0], load_checkpoint(version)[0]
        assert found.encoder.num_rows > parent.encoder.num_rows
        alike = Predictor(found.config, found.encoder, found.network, parent.calibrations)
        same(predicted(alike, log), predicted(parent, log))


class TestRows:
    def test_each_row_starts_from_the_row_of_the_same_value(self, evicted: Prepared) -> None:
        parent = evicted.parent
        assert parent is not None
        old, new = parent.encoder, evicted.data.encoder
        rows = row_map(old, new)
        assert rows.source[PADDING] == PADDING
        for owner in ("user", "user_item", "tags"):
            known = {value: row for row, value in enumerate(ids(parent, owner), NUM_RESERVED)}
            expected = [0, UNKNOWN, *(known.get(value, UNKNOWN) for value in ids(evicted, owner))]
            start, first = new.first_row(owner), old.first_row(owner)
            found = rows.source[start : start + len(expected)] - first
            assert found.tolist() == expected
            is_new = [False, False, *(value not in known for value in ids(evicted, owner))]
            assert rows.is_new[start : start + len(expected)].tolist() == is_new
        assert int(rows.is_new.sum()) == sum(change.added for change in rows.changes.values()) > 1

    def test_tables_without_ids_move_as_they_are(self, evicted: Prepared) -> None:
        parent = evicted.parent
        assert parent is not None
        rows = row_map(parent.encoder, evicted.data.encoder)
        for before, after in zip(parent.encoder.tables, evicted.data.encoder.tables, strict=True):
            if before[0] in ("row", "item", None):
                assert rows.source[after[1] : after[2]].tolist() == list(range(before[1], before[2]))

    def test_what_became_of_ids_is_counted(self, evicted: Prepared) -> None:
        assert evicted.parent is not None
        change = row_map(evicted.parent.encoder, evicted.data.encoder).changes["user"]
        assert (change.kept, change.added, change.evicted) == (8, 1, 1)


class TestRun:
    def test_training_goes_on_and_the_version_names_its_parent(
        self, grown: Prepared, version: Path, tmp_path: Path
    ) -> None:
        child, manifest = load_checkpoint(save(run_prepared(grown, silent()), tmp_path, {}))
        parent = load_checkpoint(version)[0]
        assert manifest.training["parent"] == version.name
        rows = row_map(parent.encoder, child.encoder)
        moved = child.network.embeddings.table - parent.network.embeddings.table[rows.source]
        is_trained = moved.abs().amax(dim=1) > 0
        assert is_trained[child.encoder.first_row("user") + child.encoder.fitted.vocabularies["user"].num_rows - 1]
        assert not is_trained.all()

    def test_the_cache_gives_the_same_for_the_same_parent(self, folder: Path, version: Path, evicted: Prepared) -> None:
        taken = "fitted and encoded before"
        again, heard = heard_of(evicted, version)
        assert taken in heard
        assert ids(again, "user") == ids(evicted, "user")
        assert again.data.inheritance is not None and evicted.data.inheritance is not None  # noqa: PT018
        for name, days in evicted.data.inheritance.last_seen.items():
            np.testing.assert_array_equal(again.data.inheritance.last_seen[name], days)
        alone, heard = heard_of(evicted, None)
        assert taken not in heard
        assert "gone" not in ids(alone, "user")
