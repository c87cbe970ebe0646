"""What Prometheus and a health check read of a schedule."""

from collections.abc import Iterator
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from training.scheduling.outcomes import Outcome
from training.scheduling.runs import Runs


class Exposition(Collector):
    """Makes the metrics of what is remembered, so that they go on over restarts.

    Args:
        runs: whose state it is.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """The metrics in Prometheus's text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The metrics. What has never happened has no sample."""
        state = self._runs.state
        last = state.last
        yield _gauge("last_success_timestamp_seconds", "When a run last came to a decision.", _at(state.last_success))
        yield _gauge("last_promoted_timestamp_seconds", "When a run last promoted.", _at(state.last_promoted))
        yield _gauge(
            "last_exit_code", "Of the newest run; negative for a signal.", None if last is None else last.exit_code
        )
        yield _gauge("duration_seconds", "Time that the newest run took.", None if last is None else last.seconds)
        planned = self._runs.next_planned.timestamp()
        yield _gauge("next_planned_timestamp_seconds", "When the next run is planned.", planned)
        yield _gauge("running", "1 while a run goes on.", int(self._runs.is_running))
        counter = CounterMetricFamily("threefold_retrain_runs", "Runs by outcome.", labels=["outcome"])
        for outcome in get_args(Outcome):  # those at 0 too: `increase` does not see a series begin
            counter.add_metric([outcome], state.runs.get(outcome, 0))
        yield counter
        yield CounterMetricFamily(
            "threefold_retrain_skipped", "Planned runs left out: one was still running.", value=state.skipped
        )


def _gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"threefold_retrain_{name}", text, value=value)


def _at(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
