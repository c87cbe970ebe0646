"""Every metric that service and scheduler have, by the names that Prometheus stores."""

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

_ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


def stored_names(families: Iterable[Metric]) -> set[str]:
    """The names of the samples of each family."""
    return {family.name + ending for family in families for ending in _ENDINGS.get(family.type, ("",))}


def of_the_service(version: Path) -> set[str]:
    """Of one process."""
    with Client(create_app(Settings(checkpoint=version))) as client:
        return stored_names(client.app.state.metrics.collected())


def of_the_supervisor(folder: Path) -> set[str]:
    """Of several workers, beyond their own; to be asked for where the environment is put back."""
    Telemetry(folder).look({SUPERVISOR: os.getpid()})
    return stored_names(summed(folder).collect())


def scheduler(folder: Path) -> Exposition:
    """Of a schedule that has promoted and held."""
    clock = Clock(FIRST)
    played = runs(folder, clock, FakeChild([0, 10], lambda: clock.goes_on(seconds=90)))
    played.run()
    clock.goes_on(days=1)
    played.run()
    return Exposition(played)
