"""What Prometheus reads: a registry per app, so that two apps in one process never mix."""

import math
from collections.abc import Iterable
from pathlib import Path
from time import monotonic, perf_counter, time
from typing import TYPE_CHECKING, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, ProcessCollector

from models.features import CategoricalFeature
from service.distributions.exposition import with_distributions
from service.distributions.gauges import ROWS, SUM, PredictionGauges
from service.engine import Engine, Outcome
from service.exposition import without_past_versions, written
from service.refusal import KINDS, Overloaded, Refusal
from service.shared_metrics import summed
from service.tally import BulkHistogram, Tally
from service.version_gauge import VersionGauge

if TYPE_CHECKING:  # of an extra
    from service.spans import Tracing

_SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_REQUESTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_ROWS = (1, 4, 16, 32, 64, 128, 256, 512, 1024, 2048)
OverProcesses = Literal["livesum", "livemin", "livemax", "max"]
"""What becomes of a gauge where several processes have one each."""
STAGES = ("receive", "parse", "wait", "encode", "network", "write")


class Metrics:
    """All metrics of one app. Every label has few values: routes are templates, features are those of the model.

    Gauges are set and never computed when they are read, and each says what becomes of it where several processes
    are summed up: both are what prometheus_client's multiprocess mode asks for.

    Args:
        shared: the folder of several processes, where an exposition is of all of them (service/workers/).
    """

    def __init__(self, shared: Path | None = None) -> None:
        self.tracing: Tracing | None = None
        self.registry = CollectorRegistry()
        self._shared = shared
        self._tally = Tally()
        ProcessCollector(registry=self.registry)
        self.requests = self._counter("requests", "Requests answered.", "route", "status")
        self.request_seconds = self._histogram("request_seconds", "From the first byte read to the last sent.", "route")
        self.failed_seconds = self._counter("failed_seconds", "Time of requests answered by another status.", "route")
        self._failed: dict[str, Counter] = {}
        self._requests: dict[tuple[str, str], tuple[Counter, BulkHistogram]] = {}
        stage_seconds = self._histogram("stage_seconds", "Time of a prediction by stage.", "stage")
        self.stages = {stage: stage_seconds.labels(stage) for stage in STAGES}
        self.problems = self._counter("problems", "Requests answered with a problem, by kind.", "problem")
        self.overloads = self._counter("overloads", "Requests refused for a limit that was reached.", "limit")
        self.deadlines = self._counter("deadlines_missed", "Requests that were too late, by when it was seen.", "when")
        self.cancelled = self._counter("cancelled", "Requests dropped before they were predicted: the client left.")
        self.rows = self._counter("rows", "Rows predicted.")
        self.batch_requests = self._histogram("batch_requests", "Requests predicted at once.", buckets=_REQUESTS)
        self.batch_rows = self._histogram("batch_rows", "Rows predicted at once.", buckets=_ROWS)
        self.unknown = self._counter("unknown_categories", "Rows with a category unknown to the model.", "feature")
        self.missing = self._counter("missing_values", "Rows without a value of the feature.", "feature")
        self.last_prediction = self._gauge(
            "last_prediction_timestamp_seconds", "When rows were last predicted.", over_processes="max"
        )
        self._said_at = -math.inf
        self._of_one_category: frozenset[str] = frozenset()
        # From 0 on, because `rate` does not see a series begin: the first failure would be missed.
        self._problems = {kind.slug: self.problems.labels(kind.slug) for kind in KINDS}
        self._overloads = {limit: self.overloads.labels(limit) for limit in ("bodies", "rows")}
        self._deadlines = {when: self.deadlines.labels(when) for when in ("arrival", "queue", "predicted")}
        self._unknown: dict[str, Counter] = {}
        self._missing: dict[str, Counter] = {}
        self.ready = self._gauge("ready", "1 while the service answers predictions.", over_processes="livemin")
        self.queued_rows = self._gauge("queued_rows", "Rows waiting for the network or in it.")
        self.queued_rows_limit = self._gauge("queued_rows_limit", "Rows that may wait for the network or be in it.")
        self.open_bodies = self._gauge("open_bodies", "Requests between their first byte and their answer.")
        self.open_bodies_limit = self._gauge("open_bodies_limit", "Requests that may be between the two.")
        self.model_info = VersionGauge(
            self._gauge("model_info", "1 for the model served.", "model", "version", over_processes="livemax")
        )
        self.model_created = self._gauge(
            "model_created_timestamp_seconds", "When the model served was trained.", over_processes="livemax"
        )
        self.predictions = PredictionGauges(
            self._gauge(ROWS, "Rows predicted in the last minutes, by bin of the prediction.", "field", "bin"),
            self._gauge(SUM, "Sum of the predictions of the last minutes.", "field"),
        )

    def watch(self, engine: Engine) -> None:
        """Show the engine's state from now on; another engine takes the place of the one before."""
        self.pour()
        manifest = engine.manifest
        self._of_one_category = frozenset(
            feature.name for feature in manifest.model.features if isinstance(feature, CategoricalFeature)
        )
        for feature in manifest.model.features:
            self._unknown[feature.name] = self.unknown.labels(feature.name)
            self._missing[feature.name] = self.missing.labels(feature.name)
        self.model_info.show(manifest.name, manifest.version)
        self.predictions.follow(engine.ranker.fields, engine.reference)
        self.queued_rows_limit.set(engine.rows.limit)
        self.open_bodies_limit.set(engine.bodies.limit)
        self.model_created.set(manifest.created_at.timestamp())
        engine.watch(self)

    def request_done(self, route: str, status: str, seconds: float) -> None:
        """A request was answered, or ended without an answer."""
        if (route, status) not in self._requests:
            self._requests[route, status] = self.requests.labels(route, status), self.request_seconds.labels(route)
            self._failed[route] = self.failed_seconds.labels(route)
        requests, request_seconds = self._requests[route, status]
        self._tally.count(requests)
        self._tally.observe(request_seconds, seconds)
        if status != "200":
            self._tally.count(self._failed[route], seconds)

    def problem_answered(self, refusal: Refusal) -> None:
        """A request was answered with a problem."""
        slug = refusal.kind.slug
        if slug not in self._problems:
            self._problems[slug] = self.problems.labels(slug)
        self._tally.count(self._problems[slug])
        if isinstance(refusal, Overloaded):
            self._tally.count(self._overloads[refusal.limit])

    def is_time_to_say_so(self) -> bool:
        """Whether a second has passed since this was last true: a log of each refusal would be an overload itself."""
        now = monotonic()
        if now < self._said_at + 1.0:
            return False
        self._said_at = now
        return True

    def stage(self, name: str) -> "Timing":
        """Time a block as a stage; a block that fails is timed too."""
        return Timing(self._tally, self.stages[name])

    def observe(self, outcome: Outcome) -> None:
        """Count what a prediction saw."""
        tally = self._tally
        tally.count(self.rows, len(outcome.values))
        tally.set(self.last_prediction, time())
        for name, seconds in outcome.seconds.items():
            tally.observe(self.stages[name], seconds)
        for feature, count in outcome.unknown.items():
            tally.count(self._unknown[feature], count)
        for feature, count in outcome.missing.items():
            tally.count(self._missing[feature], count)
        if outcome.fields is self.predictions.fields:  # and not those of a version that was just replaced
            tally.keep(self.predictions, outcome.values)

    def batch_done(self, num_requests: int, num_rows: int) -> None:
        """The network predicted rows of so many requests at once."""
        self._tally.observe(self.batch_requests, num_requests)
        self._tally.observe(self.batch_rows, num_rows)

    def deadline_missed(self, when: str) -> None:
        """A request was too late: on `arrival`, in the `queue`, or once it was `predicted`."""
        self._tally.count(self._deadlines[when])

    def client_left(self) -> None:
        """A request was dropped before it was predicted, because its client had left."""
        self._tally.count(self.cancelled)

    def rows_changed(self, held: int) -> None:
        """Rows wait for the network or are in it."""
        self._tally.set(self.queued_rows, held)

    def bodies_changed(self, held: int) -> None:
        """Requests are between their first byte and their answer."""
        self._tally.set(self.open_bodies, held)

    def ready_changed(self, ready: bool) -> None:
        """The engine predicts, or stops to."""
        self.ready.set(ready)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return written(self.collected())

    def collected(self) -> Iterable[Metric]:
        """All metrics, to be read here."""
        self.pour()
        self.predictions.refresh()
        registry = self.registry if self._shared is None else summed(self._shared)
        families = without_past_versions(registry.collect())
        return with_distributions(families, self.predictions.reference, self._of_one_category)

    def pour(self) -> None:
        """Bring the registry up to date with what was counted."""
        self._tally.pour()

    def close(self) -> None:
        """Nothing comes any more."""
        self.pour()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="threefold", registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str, over_processes: OverProcesses = "livesum") -> Gauge:
        return Gauge(
            name, text, labels, namespace="threefold", registry=self.registry, multiprocess_mode=over_processes
        )

    def _histogram(self, name: str, text: str, *labels: str, buckets: tuple[float, ...] = _SECONDS) -> BulkHistogram:
        return BulkHistogram(name, text, labels, namespace="threefold", registry=self.registry, buckets=buckets)


class Timing:
    """A block whose seconds are observed; a class, because a generator takes five times as long."""

    __slots__ = ("_seconds", "_started", "_tally")

    def __init__(self, tally: Tally, seconds: BulkHistogram) -> None:
        self._tally = tally
        self._seconds = seconds

    def __enter__(self) -> None:
        self._started = perf_counter()

    def __exit__(self, *_: object) -> None:
        self._tally.observe(self._seconds, perf_counter() - self._started)
