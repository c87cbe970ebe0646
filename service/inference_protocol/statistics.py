"""The statistics extension, read off the metrics, so that they are those of all processes and cost no request anything.

https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
"""

from collections import defaultdict
from collections.abc import Iterable

from prometheus_client import Metric
from pydantic import Field

from models.manifest import Manifest
from service.inference_protocol.metadata import Described

_STAGES = {"queue": "wait", "compute_input": "encode", "compute_infer": "network", "compute_output": "write"}


class Duration(Described):
    """How often something happened, and how long it took in all."""

    count: int = Field(ge=0)
    ns: int = Field(ge=0)


class InferenceStatistics(Described):
    """Of requests for predictions, whichever route they took."""

    success: Duration
    """From the first byte read to the last sent."""
    fail: Duration
    """The same, of requests that were refused or failed."""
    queue: Duration
    compute_input: Duration
    """Encoding."""
    compute_infer: Duration
    """The network; requests that are predicted at once each count their common time."""
    compute_output: Duration
    """Writing the answer."""
    cache_hit: Duration = Duration(count=0, ns=0)
    cache_miss: Duration = Duration(count=0, ns=0)


class ModelStatistics(Described):
    """What the model did since the service started."""

    name: str
    version: str
    last_inference: int
    """Milliseconds since 1970; 0 where there was none."""
    inference_count: int
    """Rows predicted."""
    execution_count: int
    """Runs of the network: several small requests may share one, a large request takes several."""
    inference_stats: InferenceStatistics
    batch_stats: tuple[()] = ()
    """Always empty: the metric `threefold_batch_rows` says how large the batches are."""


class Statistics(Described):
    """All models."""

    model_stats: tuple[ModelStatistics, ...]


class _Samples:
    """Sums of samples by name, over the labels that nobody asked for."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._by_name: defaultdict[str, list[tuple[dict[str, str], float]]] = defaultdict(list)
        for family in families:
            for sample in family.samples:
                self._by_name[sample.name].append((sample.labels, sample.value))

    def sum(self, name: str, **labels: frozenset[str]) -> float:
        """Of the samples whose labels are among the given values."""
        return sum(
            value
            for found, value in self._by_name[f"threefold_{name}"]
            if all(found[label] in values for label, values in labels.items())
        )

    def statuses(self) -> frozenset[str]:
        """All that there are."""
        return frozenset(labels["status"] for labels, _ in self._by_name["threefold_requests_total"])


def statistics(families: Iterable[Metric], manifest: Manifest, routes: frozenset[str]) -> Statistics:
    """The statistics of the model.

    Args:
        families: the metrics of all processes.
        manifest: of the model.
        routes: that answer predictions, as the metrics call them.
    """
    samples = _Samples(families)
    failed = samples.statuses() - {"200"}
    num_failed = int(samples.sum("requests_total", route=routes, status=failed))
    failed_ns = _ns(samples.sum("failed_seconds_total", route=routes))
    all_ns = _ns(samples.sum("request_seconds_sum", route=routes))
    stages = {
        name: Duration(
            count=int(samples.sum("stage_seconds_count", stage=frozenset({stage}))),
            ns=_ns(samples.sum("stage_seconds_sum", stage=frozenset({stage}))),
        )
        for name, stage in _STAGES.items()
    }
    model = ModelStatistics(
        name=manifest.name,
        version=manifest.version,
        last_inference=round(samples.sum("last_prediction_timestamp_seconds") * 1e3),
        inference_count=int(samples.sum("rows_total")),
        execution_count=int(samples.sum("batch_rows_count")),
        inference_stats=InferenceStatistics(
            success=Duration(
                count=int(samples.sum("requests_total", route=routes, status=frozenset({"200"}))),
                ns=max(0, all_ns - failed_ns),
            ),
            fail=Duration(count=num_failed, ns=failed_ns),
            **stages,
        ),
    )
    return Statistics(model_stats=(model,))


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
