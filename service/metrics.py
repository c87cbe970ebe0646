"""What Prometheus reads: a registry per app, so that two apps in one process never mix."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from service.engine import Engine, Outcome

_SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STAGES = ("receive", "parse", "wait", "encode", "network", "write")


class Metrics:
    """All metrics of one app. Every label has few values: routes are templates, features are those of the model."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = self._counter("requests", "Requests answered.", "route", "status")
        self.request_seconds = self._histogram("request_seconds", "From the first byte read to the last sent.", "route")
        self.stage_seconds = self._histogram("stage_seconds", "Time of /predict by stage.", "stage")
        self.problems = self._counter("problems", "Requests answered with a problem, by kind.", "problem")
        self.rows = self._counter("rows", "Rows predicted.")
        self.unknown = self._counter("unknown_categories", "Rows with a category unknown to the model.", "feature")
        self.missing = self._counter("missing_values", "Rows without a value of the feature.", "feature")
        self.ready = self._gauge("ready", "1 while the service answers predictions.")
        self.queued_rows = self._gauge("queued_rows", "Rows waiting for the network or in it.")
        self.open_bodies = self._gauge("open_bodies", "Bodies being received or parsed.")
        self.model_info = self._gauge("model_info", "1 for the model served.", "model", "version")
        self.model_created = self._gauge("model_created_timestamp_seconds", "When the model served was trained.")

    def watch(self, engine: Engine) -> None:
        """Show the engine's state."""
        manifest = engine.manifest
        self.ready.set_function(lambda: engine.ready)
        self.queued_rows.set_function(lambda: engine.rows.held)
        self.open_bodies.set_function(lambda: engine.bodies.held)
        self.model_info.clear()
        self.model_info.labels(manifest.name, manifest.version).set(1)
        self.model_created.set(manifest.created_at.timestamp())

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as a stage; a block that fails is timed too."""
        started = perf_counter()
        try:
            yield
        finally:
            self.stage_seconds.labels(name).observe(perf_counter() - started)

    def observe(self, outcome: Outcome) -> None:
        """Count what a prediction saw."""
        self.rows.inc(outcome.num_rows)
        for name, seconds in outcome.seconds.items():
            self.stage_seconds.labels(name).observe(seconds)
        for feature, count in outcome.unknown.items():
            self.unknown.labels(feature).inc(count)
        for feature, count in outcome.missing.items():
            self.missing.labels(feature).inc(count)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="threefold", registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace="threefold", registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, namespace="threefold", registry=self.registry, buckets=_SECONDS)
