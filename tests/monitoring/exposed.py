"""Every metric that service and scheduler have, by the names that Prometheus stores, and their labels."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import Metric

from service.app import create_app
from service.settings import Settings
from service.shared_metrics import summed
from service.workers.telemetry import SUPERVISOR, Telemetry
from tests.service.client import Client
from tests.training.scheduling.fakes import Clock, FakeChild
from tests.training.scheduling.test_runs import FIRST, runs
from training.scheduling.exposition import Exposition

Stored = dict[str, dict[str, set[str]]]
"""Names of samples, and for each its labels with the values that were seen."""
_ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


def stored(families: Iterable[Metric]) -> Stored:
    """What Prometheus stores of each family; one that has no sample yet has a name alone."""
    found: Stored = {}
    for family in families:
        for ending in _ENDINGS.get(family.type, ("",)):
            found[family.name + ending] = labels = {}
            for sample in family.samples:
                for label, value in sample.labels.items() if sample.name == family.name + ending else ():
                    labels.setdefault(label, set()).add(value)
    return found


def of_the_service(version: Path) -> Stored:
    """Of one process that was asked for predictions by either route."""
    tensor = {"name": "hour", "shape": [1], "datatype": "FP32", "data": [3.0]}
    with Client(create_app(Settings(checkpoint=version))) as client:
        assert client.predict({"instances": [{}]}).status_code == 200
        assert client.post("/v2/models/tiny/infer", content=json.dumps({"inputs": [tensor]})).status_code == 200
        client.app.state.swaps.wants("20260114T031502Z-5f0c2a9b")
        return stored(client.app.state.metrics.collected())


def of_the_supervisor(folder: Path) -> Stored:
    """Of several workers, beyond their own; to be asked for where the environment is put back."""
    Telemetry(folder).look({SUPERVISOR: os.getpid()})
    return stored(summed(folder).collect())


def scheduler(folder: Path) -> Exposition:
    """Of a schedule that has promoted and held."""
    clock = Clock(FIRST)
    played = runs(folder, clock, FakeChild([0, 10], lambda: clock.goes_on(seconds=90)))
    played.run()
    clock.goes_on(days=1)
    played.run()
    return Exposition(played)
