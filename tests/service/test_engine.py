"""The engine works without HTTP, and its gate holds."""

import asyncio
import gc
import random
import threading
from pathlib import Path

import numpy as np
import orjson
import pytest

from models.batch import EncodedBatch
from models.errors import CheckpointError
from models.features.vocabulary import LearnedVocabulary
from models.inference import CompiledPredictor
from models.predictor import Predictor
from service.engine import Engine, Outcome
from service.gate import Gate
from service.refusal import NOT_FINITE, Overloaded, Refusal
from service.request import PredictRequest
from service.settings import Settings
from tests.service.tiny import random_candidate, random_context


def test_predicts_without_http(checkpoint: Path, predictor: Predictor) -> None:
    engine = Engine.load(Settings(checkpoint=checkpoint))

    async def predict() -> PredictRequest:
        request = engine.read(b'{"context": {"user_id": 3}, "candidates": [{"item_id": "i1"}, {}]}')
        outcome = await engine.predict(request)
        expected = predictor.predict(request.columns, request.num_rows, request.context)
        assert outcome.fields == tuple(expected)
        np.testing.assert_allclose(outcome.values, np.stack([*expected.values()], axis=1), rtol=1e-5)
        assert set(outcome.seconds) == {"wait", "encode", "network"}
        return request

    request = asyncio.run(predict())
    engine.close()
    with pytest.raises(Refusal, match="not loaded"):
        asyncio.run(engine.predict(request))


def test_a_request_leaves_nothing_to_the_collector(checkpoint: Path) -> None:
    """Cycles would wait for a collection that stops the service for as long as eighty milliseconds under load."""
    engine = Engine.load(Settings(checkpoint=checkpoint))
    body = b'{"context": {"user_id": 3}, "candidates": [{"item_id": "i1"}, {}]}'

    async def predict() -> int:
        await engine.predict(engine.read(body))
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                await engine.predict(engine.read(body))
            return gc.collect()
        finally:
            gc.enable()

    assert asyncio.run(predict()) == 0


def test_requests_predicted_together_are_predicted_as_alone(checkpoint: Path) -> None:
    engine, rng = Engine.load(Settings(checkpoint=checkpoint)), random.Random(0)
    bodies: list[dict[str, object]] = [
        {"context": random_context(rng), "candidates": [random_candidate(rng) for _ in range(rng.randrange(1, 5))]}
        for _ in range(12)
    ]
    bodies += [{"instances": [{**random_context(rng), **random_candidate(rng)}]} for _ in range(6)]
    requests = [engine.read(orjson.dumps(body)) for body in bodies]
    sizes = []

    async def predict() -> list[Outcome]:
        predict_batch = engine.compiled.predict
        engine.compiled.predict = lambda batch: sizes.append(len(batch)) or predict_batch(batch)  # type: ignore[method-assign]
        return await asyncio.gather(*(engine.predict(request) for request in requests))

    together = asyncio.run(predict())
    assert sizes == [sum(request.num_rows for request in requests)]
    for request, outcome in zip(requests, together, strict=True):
        alone = engine.predict_now(request)
        np.testing.assert_allclose(outcome.values, alone.values, rtol=1e-5)
        assert (outcome.unknown, outcome.missing) == (alone.unknown, alone.missing)


def test_slices_are_predicted_as_the_whole(checkpoint: Path) -> None:
    engine, rng = Engine.load(Settings(checkpoint=checkpoint, max_batch_rows=7)), random.Random(0)
    body = {"context": random_context(rng), "candidates": [random_candidate(rng) for _ in range(40)]}
    request = engine.read(orjson.dumps(body))
    outcome = asyncio.run(engine.predict(request))
    np.testing.assert_allclose(outcome.values, engine.predict_now(request).values, rtol=1e-5)


def test_a_prediction_that_is_not_finite_fails_no_neighbour(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine.load(Settings(checkpoint=checkpoint))
    requests = [engine.read(b'{"instances": [{}, {}]}') for _ in range(3)]
    predict_batch = engine.compiled.predict

    def broken(batch: EncodedBatch) -> object:
        values = predict_batch(batch).copy()
        values[3, 1] = np.inf
        return values

    async def predict() -> list[object]:
        return await asyncio.gather(*(engine.predict(each) for each in requests), return_exceptions=True)

    monkeypatch.setattr(engine.compiled, "predict", broken)
    first, second, third = asyncio.run(predict())
    assert isinstance(first, Outcome)
    assert isinstance(third, Outcome)
    assert isinstance(second, Refusal)
    assert (second.kind, second.row, second.field) == (NOT_FINITE, 1, engine.compiled.fields[1])


def test_a_folder_of_versions_serves_the_newest(checkpoint: Path) -> None:
    engine = Engine.load(Settings(checkpoint=checkpoint.parent))
    assert engine.manifest.version == checkpoint.name
    engine.close()


def test_no_request_waits_until_ids_can_be_looked_up(checkpoint: Path) -> None:
    engine = Engine.load(Settings(checkpoint=checkpoint))
    fitted = engine.predictor.encoder.fitted
    learned = [each for each in fitted.vocabularies.values() if isinstance(each, LearnedVocabulary)]
    assert learned
    assert all(vocabulary._of_sent is not None for vocabulary in learned)
    engine.close()


def test_an_engine_that_cannot_warm_up_leaves_no_thread(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    monkeypatch.setattr(CompiledPredictor, "predict", lambda self, batch: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Engine.load(Settings(checkpoint=checkpoint))
    assert threading.active_count() == before


def test_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"manifest\.json"):
        Engine.load(Settings(checkpoint=tmp_path))


def test_gate_lets_in_what_fits_and_frees_it_after_failure() -> None:
    gate = Gate(3, "rows", lambda: 2.2)

    def fill_and_fail() -> None:
        with gate.holding(3):
            with pytest.raises(Overloaded) as refused, gate.holding(1):
                pass
            assert refused.value.headers == {"Retry-After": "3"}
            assert gate.held == 3
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill_and_fail()
    assert gate.held == 0
    with gate.holding(3):
        pass
