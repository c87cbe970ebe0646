"""Predictions are compared with those of the test window: alike is near 0, moved is far, and swaps begin anew."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import values
from prometheus_client.parser import text_string_to_metric_families

from models.reference import bin_counts, psi
from models.reference.psi import psi_by_chance
from service.app import create_app
from service.engine import Engine, Outcome
from service.metrics import Metrics
from service.settings import Settings
from service.shared_metrics import write_as
from tests.monitoring.references import bodies, predicted, reference_of
from tests.service.client import Client
from tests.service.tiny import FIELDS, save_tiny

Samples = dict[tuple[str, str, str], float]
"""By name, field or feature, and bin."""


def samples(text: bytes) -> Samples:
    return {
        (sample.name, sample.labels.get("field") or sample.labels.get("feature", ""), sample.labels.get("bin", "")): (
            sample.value
        )
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def of(metrics: Metrics) -> Samples:
    return samples(metrics.exposition())


@pytest.fixture
def client(referenced: Path) -> Iterator[Client]:
    with Client(create_app(Settings(checkpoint=referenced))) as client:
        yield client


@pytest.fixture
def engine(referenced: Path) -> Engine:
    return Engine.load(Settings(checkpoint=referenced))


def test_psi_is_that_of_all_rows_answered(client: Client, engine: Engine) -> None:
    asked = bodies(random.Random(2), 30)
    for body in asked:
        assert client.predict(body).status_code == 200
    found, rows = of(client.app.state.metrics), predicted(engine, asked)
    assert engine.reference is not None
    for place, field in enumerate(FIELDS):
        expected = engine.reference.predictions[field]
        counts = bin_counts(expected.edges, rows[:, place])
        assert [found["threefold_prediction_window_rows", field, f"{n:02d}"] for n in range(len(counts))] == [*counts]
        chance = psi_by_chance(len(counts), len(rows), expected.rows)
        exact = max(0.0, psi(expected.shares, counts) - chance)
        assert found["threefold_prediction_psi", field, ""] == pytest.approx(exact)
        assert found["threefold_prediction_mean", field, ""] == pytest.approx(rows[:, place].mean(), rel=1e-5)
        assert found["threefold_reference_mean", field, ""] == pytest.approx(expected.mean)
        assert found["threefold_reference_share", field, "00"] == expected.shares[0]


def test_traffic_of_the_same_kind_is_near_and_one_request_repeated_is_far(client: Client) -> None:
    for body in bodies(random.Random(3), 40):
        client.predict(body)
    alike = of(client.app.state.metrics)
    with Client(client.app) as again:  # the lifespan begins a new window
        for _ in range(40):
            again.predict({"context": {}, "candidates": [{"item_id": "i1"}] * 50})
        moved = of(again.app.state.metrics)
    for field in FIELDS:
        assert alike["threefold_prediction_psi", field, ""] < 0.1 < 1 < moved["threefold_prediction_psi", field, ""]


def test_before_the_first_prediction_nothing_is_said_of_it(client: Client) -> None:
    found = of(client.app.state.metrics)
    assert ("threefold_prediction_psi", "click", "") not in found
    assert ("threefold_prediction_mean", "click", "") not in found
    assert found["threefold_reference_mean", "click", ""] > 0


def test_what_features_were_like_is_told_of_those_that_can_be_compared(client: Client) -> None:
    found = of(client.app.state.metrics)
    assert found["threefold_reference_missing_share", "price", ""] == 0.25
    assert found["threefold_reference_unknown_share", "item_id", ""] == 0.125
    assert ("threefold_reference_unknown_share", "tags", "") not in found


def test_a_version_without_a_reference_serves_and_compares_nothing(tmp_path: Path) -> None:
    with Client(create_app(Settings(checkpoint=save_tiny(tmp_path)))) as client:
        client.predict({"instances": [{}]})
        assert not [name for name, *_ in of(client.app.state.metrics) if "prediction_" in name and "last" not in name]


def outcome(engine: Engine, num_rows: int) -> Outcome:
    values = np.full((num_rows, len(FIELDS)), 0.5, np.float32)
    return Outcome(engine.ranker.fields, values, None, {}, {}, {})


def total(found: Samples) -> float:
    return sum(value for (name, *_), value in found.items() if name == "threefold_prediction_window_rows")


def test_another_version_begins_with_an_empty_window(engine: Engine, tmp_path: Path) -> None:
    other = save_tiny(tmp_path, reference=reference_of(np.random.default_rng(0).random((500, len(FIELDS)), np.float32)))
    after, metrics = Engine.load(Settings(checkpoint=other)), Metrics()
    metrics.watch(engine)
    metrics.observe(outcome(engine, 7))
    assert total(of(metrics)) == 7 * len(FIELDS)
    metrics.watch(after)
    metrics.observe(outcome(engine, 5))  # begun before the swap, and answered after it
    assert total(of(metrics)) == 0
    metrics.observe(outcome(after, 3))
    found = of(metrics)
    assert total(found) == 3 * len(FIELDS)
    assert after.reference is not None
    assert found["threefold_reference_mean", "click", ""] == after.reference.predictions["click"].mean


@pytest.mark.filterwarnings("error")
def test_several_processes_are_one_window(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    processes = []
    for name in ("0", "1"):
        write_as(name, tmp_path)
        processes.append(Metrics(tmp_path))
        processes[-1].watch(engine)
    processes[0].observe(outcome(engine, 30))
    processes[1].observe(outcome(engine, 10))
    found = of(processes[0])
    assert total(found) == 40 * len(FIELDS)
    assert found["threefold_prediction_mean", "click", ""] == pytest.approx(0.5)
    assert found == {**of(processes[1]), **{key: v for key, v in found.items() if key[0].startswith("process_")}}
    assert engine.reference is not None
    expected = engine.reference.predictions["click"]
    counts = bin_counts(expected.edges, np.full(40, 0.5, np.float32))
    exact = psi(expected.shares, counts) - psi_by_chance(len(counts), 40, expected.rows)
    assert found["threefold_prediction_psi", "click", ""] == pytest.approx(exact)


def test_a_version_that_is_served_no_more_is_named_no_more(engine: Engine, tmp_path: Path) -> None:
    after, metrics = Engine.load(Settings(checkpoint=save_tiny(tmp_path))), Metrics()
    metrics.watch(engine)
    metrics.watch(after)
    told = [line for line in metrics.exposition().decode().splitlines() if line.startswith("threefold_model_info{")]
    assert told == [f'threefold_model_info{{model="tiny",version="{after.manifest.version}"}} 1.0']
