"""Every engine predicts what the training network predicts."""

import numpy as np
import pytest
import torch

from models.inference.compiled import CompiledPredictor
from models.inference.engines.names import EngineName
from models.inference.parts import Parts
from tests.models.inference.engines.exported import MODELS, exported, whole_and_parted

ROUNDING = 1e-4
"""Of a field's level: these networks are far from their start, and multiply the rounding of their logits."""


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
@pytest.mark.parametrize("model", MODELS)
def test_float32_is_exact(model: str, engine: EngineName) -> None:
    predictor = exported(model)
    compiled = CompiledPredictor(predictor, engine=engine)
    assert (compiled.engine, compiled.precision, compiled.passed_over) == (engine, "float32", ())
    for num_rows in (1, 2, 33):
        for batch, expected in whole_and_parted(predictor, num_rows):
            found = compiled.predict(batch)
            assert found.dtype == np.float32
            level = np.abs(expected) + np.abs(expected).mean(axis=0)
            assert (np.abs(found - expected) <= ROUNDING * level).all()


@pytest.mark.parametrize("precision", ["int8", "bfloat16"])
def test_a_reduced_precision_is_near(precision: str) -> None:
    predictor = exported("wide")
    compiled = CompiledPredictor(predictor, precision=precision)  # type: ignore[arg-type]
    assert compiled.precision == precision
    for batch, expected in whole_and_parted(predictor, 64):
        found = compiled.predict(batch)
        assert (found != expected).any()
        distance = np.abs(found - expected).mean(axis=0)
        assert (distance <= 0.1 * expected.std(axis=0) + 1e-6).all()


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_same_rows_have_the_same_bytes(precision: str) -> None:
    predictor = exported("wide")
    first, second = (CompiledPredictor(predictor, precision=precision) for _ in range(2))  # type: ignore[arg-type]
    for batch, _ in whole_and_parted(predictor, 40):
        assert first.predict(batch).tobytes() == first.predict(batch).tobytes() == second.predict(batch).tobytes()


def test_neighbours_do_not_change_a_row_in_int8() -> None:
    """With ranges taken from the batch they would."""
    predictor = exported("wide")
    compiled = CompiledPredictor(predictor, precision="int8")
    rows, _ = whole_and_parted(predictor, 30)[0]
    together = compiled.predict(rows)
    alone = np.concatenate([compiled.predict(rows.rows(torch.tensor([row]))) for row in range(30)])  # type: ignore[union-attr]
    np.testing.assert_allclose(alone, together, rtol=1e-5)


def test_a_model_without_candidate_features_joins_what_is_parted() -> None:
    predictor = exported("wide")
    compiled = CompiledPredictor(predictor)
    compiled._runners.pop("split")
    batch, expected = whole_and_parted(predictor, 9)[1]
    level = np.abs(expected) + np.abs(expected).mean(axis=0)
    assert (np.abs(compiled.predict(batch) - expected) <= ROUNDING * level).all()
    assert len(Parts.of(predictor.encoder).joined(batch)) == 9  # type: ignore[arg-type]
