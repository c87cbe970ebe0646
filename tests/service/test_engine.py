"""The engine works without HTTP, and its gate holds."""

import asyncio
import threading
from pathlib import Path

import pytest

from models.errors import CheckpointError
from models.features.vocabulary import LearnedVocabulary
from models.predictor import Predictor
from service.engine import Engine
from service.gate import Gate
from service.refusal import Overloaded, Refusal
from service.request import PredictRequest
from service.settings import Settings


def test_predicts_without_http(checkpoint: Path, predictor: Predictor) -> None:
    engine = Engine.load(Settings(checkpoint=checkpoint))

    async def predict() -> PredictRequest:
        request = await engine.read(b'{"context": {"user_id": 3}, "candidates": [{"item_id": "i1"}, {}]}')
        outcome = await engine.predict(request)
        expected = predictor.predict(request.columns, request.num_rows, request.context)
        assert {name: values.tolist() for name, values in outcome.predictions.items()} == {
            name: values.tolist() for name, values in expected.items()
        }
        assert set(outcome.seconds) == {"wait", "encode", "network"}
        return request

    request = asyncio.run(predict())
    engine.close()
    with pytest.raises(Refusal, match="not loaded"):
        asyncio.run(engine.predict(request))


def test_a_folder_of_versions_serves_the_newest(checkpoint: Path) -> None:
    engine = Engine.load(Settings(checkpoint=checkpoint.parent))
    assert engine.manifest.version == checkpoint.name
    engine.close()


def test_no_request_waits_until_ids_can_be_looked_up(checkpoint: Path) -> None:
    engine = Engine.load(Settings(checkpoint=checkpoint))
    fitted = engine.predictor.encoder.fitted
    learned = [each for each in fitted.vocabularies.values() if isinstance(each, LearnedVocabulary)]
    assert learned
    assert all(vocabulary._row_of for vocabulary in learned)
    engine.close()


def test_an_engine_that_cannot_warm_up_leaves_no_thread(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    monkeypatch.setattr(Predictor, "predict_encoded", lambda self, batch: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Engine.load(Settings(checkpoint=checkpoint))
    assert threading.active_count() == before


def test_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"manifest\.json"):
        Engine.load(Settings(checkpoint=tmp_path))


def test_gate_lets_in_what_fits_and_frees_it_after_failure() -> None:
    gate = Gate(3, "rows")

    def fill_and_fail() -> None:
        with gate.holding(3):
            with pytest.raises(Overloaded), gate.holding(1):
                pass
            assert gate.held == 3
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill_and_fail()
    assert gate.held == 0
    with gate.holding(3):
        pass
