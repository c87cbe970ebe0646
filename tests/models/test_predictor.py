"""The predictor: every task's fields, independent of batching, and deterministic."""

import numpy as np
import pytest
import torch

from models.columns import Columns
from models.predictor import Predictor
from tests.models.tiny import from_rows, predictor, rows

FIELDS = ["click", "dwell", "dwell_median", "buy"]


@pytest.fixture(scope="module")
def made() -> Predictor:
    torch.manual_seed(0)
    return predictor()


def columns_of(made: Predictor, start: int, end: int) -> Columns:
    return from_rows(made.config, rows(20)[start:end])


def test_fields_shapes_and_ranges(made: Predictor) -> None:
    predictions = made.predict(columns_of(made, 0, 20), 20)
    assert sorted(predictions) == sorted(FIELDS)
    for field, values in predictions.items():
        assert values.dtype == np.float32
        assert values.shape == (20,)
        assert (values >= 0).all()
        assert (values <= (1 if field in {"click", "buy"} else 1.3 * (600 + 12))).all()


def test_how_rows_are_batched_changes_nothing(made: Predictor) -> None:
    whole = made.predict(columns_of(made, 0, 20), 20)
    for size in (1, 7):
        parts = [made.predict(columns_of(made, at, at + size), min(size, 20 - at)) for at in range(0, 20, size)]
        for field in FIELDS:
            batched = np.concatenate([part[field] for part in parts])
            exponential = 1e-4 if "dwell" in field else 0  # exp makes the rounding of the output relative
            np.testing.assert_allclose(batched, whole[field], rtol=exponential, atol=2e-6)


def test_the_same_question_has_the_same_answer(made: Predictor) -> None:
    first, second = (made.predict(columns_of(made, 0, 20), 20) for _ in range(2))
    assert all(first[field].tobytes() == second[field].tobytes() for field in FIELDS)


def test_a_predictor_never_trains(made: Predictor) -> None:
    assert not any(module.training for module in made.network.modules())
    assert not any(
        output.requires_grad for output in map(torch.from_numpy, made.predict(columns_of(made, 0, 2), 2).values())
    )


@pytest.mark.parametrize("num_rows", [0, 3])
def test_no_columns_at_all_are_rows_of_missing_values(made: Predictor, num_rows: int) -> None:
    predictions = made.predict({}, num_rows)
    for values in predictions.values():
        assert values.shape == (num_rows,)
        np.testing.assert_allclose(values, values[:1].repeat(num_rows), rtol=1e-6)


def test_extreme_but_finite_numbers_give_finite_predictions(made: Predictor) -> None:
    given = [{"age": sign * size, "price": sign * size} for sign in (-1, 1) for size in (1e20, 1e308, 5e-324)]
    for values in made.predict(from_rows(made.config, given), len(given)).values():
        assert np.isfinite(values).all()
