"""All ways to feed the network at once: one code path for logs, requests and contexts, and weights that survive."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.batch import EncodedBatch, concatenate
from models.checkpoint import load_checkpoint, save_checkpoint
from models.columns import Bags
from models.encoder import PADDING
from models.encoder_files import VOCABULARIES, load_encoder
from models.errors import CheckpointError
from models.features import NumericStatistics
from models.features.multi_categorical import LENGTHS_PER_DOUBLING, NUM_LENGTHS, SHORT_LENGTHS, encode_lengths
from tests.models.rich import FEATURES, config, encoder, predictor
from tests.models.test_encoder import same
from tests.models.tiny import from_rows, from_table, statistics

CONFIG, ENCODER = config(), encoder()
EMBEDDINGS = predictor().network.embeddings
CONTEXT = [feature["name"] for feature in FEATURES if feature["scope"] == "context"]
ITEMS = st.sampled_from(["a", "b", "7", "new", ""])
USERS, TABS = st.sampled_from(["u1", "u2", "u|3", "new"]), st.sampled_from(["home", "\\|", "new"])
LISTS = st.lists(st.none() | ITEMS, max_size=6)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = {
    "user": (USERS, pa.string()),
    "tab": (TABS, pa.string()),
    "last": (ITEMS, pa.string()),
    "age": (NUMBERS, pa.float64()),
    "history": (LISTS, pa.list_(pa.string())),
    "likes": (LISTS, pa.list_(pa.string())),
    "item": (ITEMS, pa.string()),
    "price": (NUMBERS, pa.float64()),
    "stock": (NUMBERS, pa.float64()),
    "tags": (LISTS, pa.list_(pa.string())),
}
ROW = st.fixed_dictionaries({name: st.none() | values for name, (values, _) in VALUES.items()})
SCHEMA = pa.schema({name: type_ for name, (_, type_) in VALUES.items()})


def encoded(rows: list[dict[str, Any]]) -> EncodedBatch:
    return ENCODER.encode(from_rows(CONFIG, rows), len(rows))


class TestOneCodePath:
    @given(st.lists(ROW, max_size=4))
    def test_a_request_and_a_log_agree_bit_for_bit(self, rows: list[dict[str, Any]]) -> None:
        columns = from_table(CONFIG, pa.Table.from_pylist(rows, SCHEMA))
        assert same(encoded(rows), ENCODER.encode(columns, len(rows)))

    @given(ROW, st.lists(ROW, min_size=1, max_size=4))
    def test_a_context_is_the_same_as_repeating_it(self, asked: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        once = {name: column for name, column in from_rows(CONFIG, [asked]).items() if name in CONTEXT}
        columns = {name: column for name, column in from_rows(CONFIG, rows).items() if name not in CONTEXT}
        tiled = encoded([{**row, **{name: asked[name] for name in CONTEXT}} for row in rows])
        assert same(ENCODER.encode(columns, len(rows), once), tiled)

    @given(st.lists(ROW, min_size=1, max_size=4))
    def test_rows_do_not_depend_on_their_neighbours(self, rows: list[dict[str, Any]]) -> None:
        assert same(encoded(rows), concatenate([encoded([row]) for row in rows], PADDING))

    @pytest.mark.parametrize("num_rows", [0, 1, 3])
    def test_an_absent_feature_is_null_in_all_rows(self, num_rows: int) -> None:
        assert same(ENCODER.encode({}, num_rows), encoded([{}] * num_rows))


class TestLength:
    def test_it_is_of_the_whole_list_without_its_missing_elements(self) -> None:
        batch = encoded([{"history": ["a", "b", None, "7", "a", "new"]}, {}, {"history": []}])
        assert batch.ids.shape[1] == ENCODER.ids_width == len(ENCODER.id_features) + 1
        rows = batch.ids[:, -1]
        assert (rows - rows[1]).tolist() == [5, 0, 0]
        assert rows[1] + NUM_LENGTHS == ENCODER.num_rows

    def test_longer_lists_have_a_higher_row_until_the_last(self) -> None:
        lengths = [*range(40), 500, 13_000, 14_000, 100_000]
        offsets = np.cumsum([0, *lengths])
        rows = encode_lengths(Bags(["a"], np.zeros(offsets[-1], dtype=np.int64), offsets))
        assert rows[: SHORT_LENGTHS + 1].tolist() == list(range(SHORT_LENGTHS + 1))
        assert (np.diff(rows) >= 0).all()
        assert rows[32] == SHORT_LENGTHS + LENGTHS_PER_DOUBLING
        assert rows[-3:].tolist() == [NUM_LENGTHS - 2, NUM_LENGTHS - 1, NUM_LENGTHS - 1]

    def test_the_prediction_depends_on_it(self) -> None:
        made = predictor()
        short, long = ({"history": ["a"] * length} for length in (2, 3))  # the same mean and attention
        one, other = (made.predict_encoded(encoded([row])) for row in (short, long))
        assert any(one[name] != other[name] for name in one)


class TestSubnets:
    def test_dense_inputs_have_a_subnet_of_their_own(self) -> None:
        network = predictor().network
        held = [id(p) for module in network.subnets().values() for p in module.parameters()]
        assert list(network.subnets())[:3] == ["embeddings", "inputs", "shared"]
        assert len(held) == len(set(held))
        assert set(held) == {id(p) for p in network.parameters()}
        assert [p is network.embeddings.table for p in network.subnets()["embeddings"].parameters()] == [True]

    def test_every_parameter_gets_a_gradient_and_the_table_a_sparse_one(self) -> None:
        network = predictor().network.train()
        rows = [{"history": ["a", "b"], "likes": ["b"], "tags": ["a"], "age": 33.0, "item": "a", "last": "7"}, {}]
        batch = ENCODER.encode(from_rows(CONFIG, rows), 2)
        sum(output.square().sum() for output in network(batch).values()).backward()
        assert not [name for name, parameter in network.named_parameters() if parameter.grad is None]
        gradient = network.embeddings.table.grad
        assert gradient is not None
        assert gradient.is_sparse
        assert not gradient.to_dense()[PADDING].any()
        assert gradient.to_dense()[ENCODER.first_row("item") + 2].any()

    @given(st.lists(ROW, min_size=1, max_size=4))
    def test_training_looks_up_what_evaluation_looks_up(self, rows: list[dict[str, Any]]) -> None:
        batch = encoded(rows)
        torch.testing.assert_close(EMBEDDINGS.train()(batch), EMBEDDINGS.eval()(batch), rtol=1e-5, atol=1e-5)


def save(folder: Path) -> tuple[Path, Any]:
    made = predictor()
    path = save_checkpoint(folder, made, name="rich", statistics=statistics(), metrics={}, training={})
    return path, made


class TestCheckpoint:
    def test_predictions_are_bit_identical_after_a_round_trip(self, tmp_path: Path) -> None:
        path, made = save(tmp_path)
        loaded, manifest = load_checkpoint(path)
        assert manifest.model == made.config
        item = {"history": ["a", "b", "7", "new"], "likes": ["b", "b"], "tags": ["a"], "age": 33.3, "price": 9.0}
        rows = [{**item, "user": user, "tab": "home", "item": "a"} for user in ("u1", "u|3", "new", None)]
        columns = from_rows(made.config, rows)
        for field, values in made.predict(columns, 4).items():
            assert loaded.predict(columns, 4)[field].tobytes() == values.tobytes()

    def test_a_cross_without_its_vocabulary_is_refused(self, tmp_path: Path) -> None:
        path, made = save(tmp_path)
        stored = json.loads((path / VOCABULARIES).read_text())
        (path / VOCABULARIES).write_text(json.dumps({name: v for name, v in stored.items() if name != "user_tab"}))
        with pytest.raises(CheckpointError, match="user_tab"):
            load_encoder(path, made.config)

    def test_statistics_from_before_piecewise_linear_still_load(self) -> None:
        old = NumericStatistics.model_validate({"mean": 0, "standard_deviation": 1, "boundaries": [1, 2]})
        assert old.num_rows == 4
        assert old.lowest is None


def test_requests_know_no_crosses() -> None:
    assert config(crosses=[]).schema_fingerprint == CONFIG.schema_fingerprint
