"""The time of a request is measured in turns, and a slower model is found slower."""

import time
from typing import Any

import pytest

from models.columns import Columns
from models.predictor import Predictions, Predictor
from tests.training.retraining.gates.pairs import Pairs
from training.retraining.gates import latency
from training.retraining.gates.latency import latencies_ms


class Slower:
    """A model that takes as long as its clock says."""

    def __init__(self, clock: list[float], takes: list[float]) -> None:
        self._clock, self._takes = clock, iter(takes)

    def predict(self, columns: Columns, num_rows: int) -> Predictions:
        self._clock[0] += next(self._takes)
        return {}


def test_models_take_turns_and_each_ones_best_turn_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever disturbs a turn of either."""
    clock = [0.0]
    monkeypatch.setattr(latency, "perf_counter", lambda: clock[0])
    quick = Slower(clock, [0.9, *[0.002] * (latency.NUM_TURNS - 1)])
    slow = Slower(clock, [*[0.003] * (latency.NUM_TURNS - 1), 5.0])
    models: list[Any] = [quick, slow]
    assert latencies_ms(models, {}, 1) == pytest.approx([2.0, 3.0])


def test_real_models_take_some_time() -> None:
    predictor: Predictor = Pairs(0, rows=50).model().predictor
    start = time.perf_counter()
    found = latencies_ms([predictor, predictor], {}, 3)
    spent = 1_000 * (time.perf_counter() - start)
    assert 0 < sum(found) * latency.NUM_TURNS <= spent
