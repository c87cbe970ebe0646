"""A calibration by the values of a field: what each value's rows show, drawn to what all rows show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models.calibration import Calibration, Identity, Isotonic, Platt
from models.calibration.by_field import ByField, OwnCalibration
from models.checkpoint import load_checkpoint, save_checkpoint
from models.config import ModelConfig
from models.encoder import PADDING
from models.errors import ConfigError
from models.features.vocabulary import MISSING, UNKNOWN
from models.heads import Head
from models.network import Network
from models.predictor import Predictor
from tests.models import tiny
from tests.training import chains
from training.data.batches import TrainingBatch
from training.evaluation.calibrate import fit_calibrations
from training.evaluation.calibrate_by_field import MIN_VALUE_ROWS, CalibratedRows, own_calibrations

FIRST, SECOND, FEW = 2, 3, 4
"""Rows of values in the table of their feature."""


def head(name: str) -> Head:
    return chains.chained().head(name)


def own(rows: CalibratedRows, values: Tensor, overall: Calibration | None = None) -> dict[int, OwnCalibration]:
    return {o.row: o for o in own_calibrations(rows, overall or Identity(), values, str)}


def clicks(rate_of: dict[int, float], num_rows: int) -> tuple[CalibratedRows, Tensor]:
    """Rows of values whose true rates differ, from a head that says 30% of all of them."""
    made = head("click")
    values = torch.tensor(list(rate_of)).repeat_interleave(num_rows)
    rates = torch.tensor([rate_of[value] for value in values.tolist()])
    output = torch.full((len(values), 1), 0.3).logit() - made.base_logit  # type: ignore[operator]
    return CalibratedRows(made, output, (torch.rand(len(values)) < rates).float()), values


def rate(found: OwnCalibration) -> float:
    assert isinstance(found.calibration, Platt)
    return float(torch.sigmoid(found.calibration.logit(torch.tensor(0.3).logit())))


class TestProbability:
    def test_each_value_gets_its_rate(self) -> None:
        found = own(*clicks({FIRST: 0.1, SECOND: 0.5}, 40_000))
        assert rate(found[FIRST]) == pytest.approx(0.1, rel=0.05)
        assert rate(found[SECOND]) == pytest.approx(0.5, rel=0.05)

    def test_the_fewer_rows_the_nearer_to_the_overall_one(self) -> None:
        moves = []
        for num_rows in (60, 600, 6_000, 60_000):
            rows, values = clicks({FIRST: 0.3}, num_rows)
            label = (torch.arange(num_rows) % 10 == 0).float()
            found = own(CalibratedRows(rows.head, rows.output, label), values)[FIRST]
            moves.append(0.3 - rate(found))
        assert 0 < moves[0] < moves[1] < moves[2] < moves[3] < 0.2
        assert moves[0] < 0.05
        assert moves[3] > 0.19

    def test_a_value_that_never_happened_has_no_rate_of_zero(self) -> None:
        rows, values = clicks({FIRST: 0.0}, 200)
        found = own(rows, values)[FIRST]
        assert 0.0 < rate(found) < 0.3

    def test_missing_and_new_values_and_those_with_few_rows_keep_the_overall_one(self) -> None:
        rows, values = clicks({MISSING: 0.1, UNKNOWN: 0.1, FIRST: 0.1}, 1_000)
        values[-(MIN_VALUE_ROWS - 1) :] = FEW
        assert set(own(rows, values)) == {FIRST}

    def test_it_keeps_the_shape_of_the_overall_one(self) -> None:
        rows, values = clicks({FIRST: 0.1}, 1_000)
        overall = Isotonic(inputs=(-3.0, 0.0, 1.0), outputs=(-2.0, -1.0, 2.0))
        found = own(rows, values, overall)[FIRST].calibration
        assert isinstance(found, Isotonic)
        assert found.inputs == overall.inputs


class TestSeconds:
    @pytest.mark.parametrize("factor", [0.7, 1.0, 1.4])
    def test_the_total_of_a_value_is_found(self, factor: float) -> None:
        made = head("dwell")
        output = torch.randn(20_000, made.num_outputs)
        label = factor * made.predict(output, Identity())["dwell"] * torch.empty(20_000).uniform_(0.5, 1.5)
        found = own(CalibratedRows(made, output, label), torch.full((20_000,), FIRST))[FIRST]
        assert found.scale == pytest.approx(factor, rel=0.03)
        assert found.calibration == Identity()

    def test_rows_without_a_second_leave_something(self) -> None:
        made = head("dwell")
        rows = CalibratedRows(made, torch.zeros(500, made.num_outputs), torch.zeros(500))
        assert 0 < own(rows, torch.full((500,), FIRST))[FIRST].scale < 0.5

    @pytest.mark.parametrize("shift", [-0.5, 0.4])
    def test_the_level_of_a_rating_is_found(self, shift: float) -> None:
        made = head("rating")
        output = torch.randn(20_000, 1) * 0.3
        label = made.predict(output + shift, Identity())["rating"]
        found = own(CalibratedRows(made, output, label), torch.full((20_000,), FIRST))[FIRST]
        predicted = made.predict(output, found.calibration)["rating"]
        assert predicted.mean().item() == pytest.approx(label.mean().item(), abs=0.02)
        assert found.scale == 1


def by_item(**click: Any) -> ModelConfig:
    tasks = [{**task, "calibration": {"by": "item"}} for task in tiny.TASKS]
    tasks[0]["calibration"] = {"by": "item", **click}
    return tiny.config(tasks=tasks)


def fitted(num_rows: int = 900, **click: Any) -> Predictor:
    """A predictor whose calibrations by the item were fitted on as many rows."""
    model = by_item(**click)
    encoder = tiny.encoder(model)
    network = Network(model, encoder, tiny.statistics())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.4)
        network.embeddings.table[PADDING] = 0.0
    inputs = encoder.encode(tiny.from_rows(model, tiny.rows(num_rows)), num_rows)
    item = encoder.values_of("item", inputs)
    labels = {
        "click": (torch.rand(num_rows) < 0.1 * item.clamp(max=6)).float(),
        "dwell": torch.rand(num_rows) * 10 * item,
        "buy": (torch.rand(num_rows) < 0.3).float(),
    }
    return Predictor(model, encoder, network, fit_calibrations(network, encoder, TrainingBatch(inputs, labels)))


def by_field(made: Predictor, task: str) -> ByField:
    found = made.calibrations[task]
    assert isinstance(found, ByField)
    return found


class TestPredictor:
    @pytest.mark.parametrize("kind", ["platt", "isotonic", "smooth", "none"])
    def test_values_move_to_what_happened(self, kind: str) -> None:
        made = fitted(6_000, kind=kind)
        by = by_field(made, "click")
        plain = Predictor(made.config, made.encoder, made.network, {**made.calibrations, "click": by.overall})
        assert [o.value for o in by.own] == list(tiny.CATEGORIES)
        columns = tiny.from_rows(made.config, tiny.rows(6_000))
        item = made.encoder.values_of("item", made.encoder.encode(columns, 6_000)).numpy()
        before, after = (predictor.predict(columns, 6_000)["click"] for predictor in (plain, made))
        gaps = np.array([[abs(p[item == o.row].mean() - 0.1 * min(o.row, 6)) for p in (before, after)] for o in by.own])
        assert gaps[:, 1].mean() < 0.7 * gaps[:, 0].mean()

    def test_a_request_gets_what_the_whole_log_gets(self) -> None:
        """However rows are batched, each is answered by the calibration of its own value."""
        made, given = fitted(), tiny.rows(50, seed=3)
        whole = made.predict(tiny.from_rows(made.config, given), 50)
        for row in range(50):
            alone = made.predict(tiny.from_rows(made.config, given[row : row + 1]), 1)
            for field, values in alone.items():
                assert values[0] == pytest.approx(whole[field][row], rel=1e-5, abs=1e-7)

    def test_all_fields_of_an_answer_are_scaled_alike(self) -> None:
        made = fitted()
        by = by_field(made, "dwell")
        plain = Predictor(made.config, made.encoder, made.network, {**made.calibrations, "dwell": by.overall})
        given = [{**row, "item": by.own[0].value} for row in tiny.rows(20)]
        columns = tiny.from_rows(made.config, given)
        before, after = plain.predict(columns, 20), made.predict(columns, 20)
        assert by.own[0].scale != 1
        for field in made.network.head("dwell").task.prediction_names:
            np.testing.assert_allclose(after[field], by.own[0].scale * before[field], rtol=1e-5)

    @pytest.mark.parametrize("item", [None, "new"])
    def test_a_missing_and_a_new_value_get_the_overall_one(self, item: str | None) -> None:
        made = fitted()
        overall = {name: c.overall for name, c in made.calibrations.items() if isinstance(c, ByField)}
        plain = Predictor(made.config, made.encoder, made.network, overall)
        columns = tiny.from_rows(made.config, [{**row, "item": item} for row in tiny.rows(20)])
        for field, values in made.predict(columns, 20).items():
            assert values.tobytes() == plain.predict(columns, 20)[field].tobytes()

    def test_a_checkpoint_keeps_every_bit(self, tmp_path: Path) -> None:
        made = fitted(kind="smooth")
        saved = save_checkpoint(tmp_path, made, name="tiny", statistics=tiny.statistics(), metrics={}, training={})
        loaded, _ = load_checkpoint(saved)
        assert loaded.calibrations == made.calibrations
        columns = tiny.from_rows(made.config, tiny.rows(50))
        for field, values in made.predict(columns, 50).items():
            assert values.tobytes() == loaded.predict(columns, 50)[field].tobytes()


@pytest.mark.parametrize("by", ["age", "tags", "nothing"])
def test_only_a_categorical_feature_has_values(by: str) -> None:
    tasks = [{**tiny.TASKS[0], "calibration": {"by": by}}]
    with pytest.raises((ConfigError, ValueError), match=f"task 'click' names '{by}', which is none of: item, user"):
        tiny.config(tasks=tasks)


def test_shapes_are_those_of_a_probability() -> None:
    with pytest.raises(ValueError, match="calibration"):
        tiny.config(tasks=[{**tiny.TASKS[0], "calibration": {"kind": "spline"}}])
    with pytest.raises(ValueError, match="calibration"):
        tiny.config(tasks=[tiny.TASKS[0], {**tiny.TASKS[1], "calibration": {"kind": "smooth"}}])
