"""Past rates in the model: what a setting may name, how the numbers reach a batch, how they lie in a checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from models.checkpoint import load_checkpoint, save_checkpoint
from models.config import ModelConfig
from models.encoder import Encoder
from models.errors import CheckpointError
from models.inputs.id_dropout import IdDropout
from models.network import Network
from models.past import PastRates, PastRatesConfig
from models.past.evidence import Base, Evidence, inputs
from models.predictor import Predictor
from tests.models import tiny

BOTH: list[dict[str, Any]] = [
    {"of": ["user"], "tasks": ["click"]},
    {"of": ["user", "item"], "tasks": ["click", "dwell"]},
]
USERS, PAIRS = ["u1", "u2"], ["u1|a", "u2|a"]
OF_USERS = np.array([[0.5, -1.0], [1.0, 2.0]], np.float32)
OF_PAIRS = np.array([[3.0, 4.0, 5.0, 6.0], [-3.0, -4.0, -5.0, -6.0]], np.float32)


def config(*past_rates: dict[str, Any]) -> ModelConfig:
    return tiny.config(past_rates=past_rates)


def encoder(model: ModelConfig) -> Encoder:
    plain = tiny.encoder(model)
    past = PastRates(["user"], USERS, OF_USERS), PastRates(["user", "item"], PAIRS, OF_PAIRS)
    return Encoder(model.features, replace(plain.fitted, past=past))


def predictor() -> Predictor:
    torch.manual_seed(0)
    model = config(*BOTH)
    return Predictor(model, encoder(model), Network(model, encoder(model), tiny.statistics()), tiny.CALIBRATIONS)


def saved(folder: Path) -> Path:
    return save_checkpoint(
        folder, predictor(), name="tiny", statistics=tiny.statistics(), metrics={}, training={}
    )  # fmt: skip


def past_of(rows: list[dict[str, Any]], context: dict[str, Any] | None = None) -> NDArray[np.float32]:
    model = config(*BOTH)
    made = encoder(model)
    names = set().union(*rows)
    columns = {name: column for name, column in tiny.from_rows(model, rows).items() if name in names}
    shared = None
    if context is not None:
        shared = {name: column for name, column in tiny.from_rows(model, [context]).items() if name in context}
    numbers: NDArray[np.float32] = made.encode(columns, len(rows), shared).numerics.numpy()
    assert numbers.shape == (len(rows), made.numeric_width)
    return numbers[:, -6:]


class TestSettings:
    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"of": ["nobody"]}, "`of` of `.*names categorical features; found nobody: use some of user, item"),
            ({"of": ["age"]}, "found age: use some of user"),
            ({"of": ["tags"]}, "found tags: use some of user"),
            ({"of": ["user", "user"]}, "once; found more than once: user: remove the repetition"),
            ({"of": []}, "at least 1 item"),
            ({"of": ["user"], "tasks": ["lcick"]}, "`tasks` .*found lcick: use some of click"),
            ({"of": ["user"], "tasks": ["click", "click"]}, "found more than once: click"),
            ({"of": ["user"], "period": "1w"}, "period"),
            ({"of": ["user"], "half_life": "0d"}, "half_life"),
            ({"of": ["user"], "smoothing": 0.0}, "smoothing"),
            ({"of": ["user"], "min_count": 0}, "min_count"),
            ({"of": ["user"], "tops": 3}, "tops"),
        ],
    )
    def test_what_fits_nothing_is_refused(self, wrong: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            config(wrong)

    def test_the_same_thing_twice_is_refused_and_another_view_of_it_is_not(self) -> None:
        pair = {"of": ["user", "item"]}
        with pytest.raises(ValidationError, match=r"found item and user twice with the same period and half-life"):
            config(pair, {"of": ["item", "user"], "tasks": ["click"]})
        other = config(pair, {**pair, "half_life": "3d"}, {**pair, "period": "6h"})
        assert len(other.past_rates) == 3

    def test_all_tasks_unless_some_are_named(self) -> None:
        tasks = tiny.config().tasks
        assert PastRatesConfig(of=("user",)).averaged_tasks(tasks) == tasks
        named = PastRatesConfig(of=("user",), tasks=(tasks[1].name, tasks[0].name))
        assert named.averaged_tasks(tasks) == (tasks[1], tasks[0])

    @pytest.mark.parametrize(
        ("period", "half_life", "left"), [("1d", None, 1.0), ("6h", "12h", 0.5**0.5), ("1d", "12h", 0.25)]
    )
    def test_what_is_left_after_a_period(self, period: str, half_life: str | None, left: float) -> None:
        assert PastRatesConfig(of=("user",), period=period, half_life=half_life).decay == pytest.approx(left)


class TestNumbers:
    TASKS = tuple(task for task in tiny.config().tasks if task.name == "click")

    def rate(self, rows: float, positives: float, smoothing: float, base: float = 0.1) -> float:
        counted = Evidence(np.array([rows]), np.array([[rows]]), np.array([[positives]]))
        overall = Base(np.array([[base]]), np.ones((1, 1)))
        past = PastRatesConfig(of=("user",), smoothing=smoothing)
        return float(inputs(past, self.TASKS, counted, overall)[0, 1])

    def test_the_overall_rate_is_zero_whatever_the_evidence(self) -> None:
        for rows in (10.0, 1_000.0):
            assert self.rate(rows, rows / 10, smoothing=7) == pytest.approx(0, abs=1e-6)

    def test_evidence_moves_it_and_smoothing_holds_it(self) -> None:
        few, many = self.rate(10, 5, 20), self.rate(1_000, 500, 20)
        assert 0 < few < many < np.log(0.5 / 0.5) - np.log(0.1 / 0.9)
        assert self.rate(10, 5, 200) < few < self.rate(10, 5, 2)
        assert self.rate(10, 0, 20) < 0

    @pytest.mark.parametrize("smoothing", [0.01, 1e9])
    @pytest.mark.parametrize("rows", [2.0, 1e12])
    @pytest.mark.parametrize("share", [0.0, 1.0])
    def test_it_is_finite_at_all_ends(self, smoothing: float, rows: float, share: float) -> None:
        assert np.isfinite(self.rate(rows, rows * share, smoothing, base=1e-9))


class TestEncoding:
    def test_each_row_gets_the_numbers_of_its_ids(self) -> None:
        found = past_of([{"user": "u2", "item": "a"}, {"user": "u1", "item": "b"}, {"user": "u3", "item": "a"}])
        np.testing.assert_array_equal(found, [[*OF_USERS[1], *OF_PAIRS[1]], [*OF_USERS[0], 0, 0, 0, 0], [0] * 6])

    @pytest.mark.parametrize("rows", [[{"item": "a"}], [{"user": None, "item": "a"}], [{"age": 3.0}, {"age": 4.0}]])
    def test_a_missing_id_has_no_past(self, rows: list[dict[str, Any]]) -> None:
        assert not past_of(rows).any()

    @pytest.mark.parametrize("items", [["a"], ["a", "b", "a"]])
    def test_context_is_meant_for_all_rows(self, items: list[str]) -> None:
        rows = [{"item": item} for item in items]
        together = past_of(rows, {"user": "u2"})
        np.testing.assert_array_equal(together, past_of([{"user": "u2", **row} for row in rows]))
        assert together[0].all()

    def test_training_rows_bring_their_own_past(self) -> None:
        model = config(*BOTH)
        own = np.arange(12, dtype=np.float32).reshape(2, 6)
        columns = tiny.from_rows(model, [{"user": "u1", "item": "a"}] * 2)
        numbers = encoder(model).encode(columns, 2, past=own).numerics.numpy()
        np.testing.assert_array_equal(numbers[:, -6:], own)
        served = encoder(model).encode(columns, 2).numerics.numpy()
        np.testing.assert_array_equal(numbers[:, :-6], served[:, :-6])
        assert (numbers[:, -6:] != served[:, -6:]).any()


class TestIdDropout:
    def test_the_past_of_an_id_goes_with_it(self) -> None:
        """A row whose id gives way to the unknown one must look like the row of a new id, and no other row may."""
        features = [{**f, "id_dropout": 0.5} if f["name"] == "item" else f for f in tiny.FEATURES]
        model = tiny.config(features=features, past_rates=BOTH)
        made = encoder(model)
        batch = made.encode(tiny.from_rows(model, [{"user": "u1", "item": "a"}] * 200), 200)
        new = made.encode(tiny.from_rows(model, [{"user": "u1", "item": "never seen"}]), 1)
        torch.manual_seed(0)
        found = IdDropout(made)(batch)
        is_new = (found.ids == new.ids).all(dim=1)
        assert 50 < is_new.sum() < 150
        assert torch.equal(found.numerics[is_new], new.numerics.expand(int(is_new.sum()), -1))
        assert torch.equal(found.numerics[~is_new], batch.numerics[~is_new])
        assert found.numerics[0, -6:-4].any(), "the user stays, and so does the user's own past"


class TestCheckpoint:
    def test_a_round_trip_changes_no_bit(self, tmp_path: Path) -> None:
        made, (loaded, _) = predictor(), load_checkpoint(saved(tmp_path))
        rows = [{"user": f"u{number % 4}", "item": item} for number, item in enumerate("aabbccaa")]
        columns = tiny.from_rows(made.config, rows)
        before, after = made.predict(columns, len(rows)), loaded.predict(columns, len(rows))
        for field, values in before.items():
            np.testing.assert_array_equal(after[field], values)
        numbers = loaded.encoder.encode(columns, len(rows)).numerics
        assert torch.equal(numbers, made.encoder.encode(columns, len(rows)).numerics)
        assert numbers[:, -6:].any()

    def test_without_past_rates_there_is_no_such_file(self, tmp_path: Path) -> None:
        plain = save_checkpoint(
            tmp_path, tiny.predictor(), name="tiny", statistics=tiny.statistics(), metrics={}, training={}
        )
        assert sorted(file.name for file in (plain / "encoder").iterdir()) == ["numerics.json", "vocabularies.json"]
        assert load_checkpoint(plain)[0].encoder.fitted.past == ()

    @pytest.mark.parametrize("numbers", [OF_USERS[:, :1], OF_USERS[:1], np.full((2, 2), np.nan, np.float32)])
    def test_numbers_that_fit_nothing_are_refused(self, tmp_path: Path, numbers: NDArray[np.float32]) -> None:
        made = predictor()
        made.encoder.fitted.past[0].numbers = numbers
        version = save_checkpoint(tmp_path, made, name="tiny", statistics=tiny.statistics(), metrics={}, training={})
        with pytest.raises(CheckpointError, match=r"past rates of user are finite float32 \(2, 2\), found"):
            load_checkpoint(version)

    def test_a_manifest_that_promises_past_rates_is_held_to_it(self, tmp_path: Path) -> None:
        made = predictor()
        without = Encoder(made.config.features, replace(made.encoder.fitted, past=()))
        lean = Predictor(made.config, without, made.network, made.calibrations)
        version = save_checkpoint(tmp_path, lean, name="tiny", statistics=tiny.statistics(), metrics={}, training={})
        with pytest.raises(CheckpointError, match=r"must fit its manifest; found: .*past_ids.json.*retrain it"):
            load_checkpoint(version)
