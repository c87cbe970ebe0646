"""From families of metrics to the text that Prometheus reads."""

from collections.abc import Iterable, Iterator

from prometheus_client import Metric, generate_latest
from prometheus_client.registry import Collector

_VERSIONS = frozenset({"threefold_model_info", "threefold_wanted_version_info"})


class _Collected(Collector):
    """Families that were collected already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def written(families: Iterable[Metric]) -> bytes:
    """The families in Prometheus' text format."""
    return generate_latest(_Collected(families))


def without_past_versions(families: Iterable[Metric]) -> Iterator[Metric]:
    """The families without versions that are meant no more: what several processes write down forgets no label."""
    for family in families:
        if family.name in _VERSIONS:
            family.samples = [sample for sample in family.samples if sample.value]
        yield family
