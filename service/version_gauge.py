"""A gauge that is 1 for the version that is meant, and says nothing of those before it."""

from prometheus_client import Gauge

from service.shared_metrics import are_shared


class VersionGauge:
    """Shows one version at a time.

    Args:
        gauge: with labels that name a version.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._shown: tuple[str, ...] = ()

    def show(self, *labels: str) -> None:
        """1 for these labels from now on; without any, for none."""
        if labels == self._shown:
            return
        if self._shown:
            self._gauge.labels(*self._shown).set(0)
            if not are_shared():  # what several processes write down forgets no label, and is passed by when it is 0
                self._gauge.remove(*self._shown)
        if labels:
            self._gauge.labels(*labels).set(1)
        self._shown = labels
