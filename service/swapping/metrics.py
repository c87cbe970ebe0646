"""What metrics say of swaps."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.swapping.attempts import Failure
from service.version_gauge import VersionGauge

SWAPPED, FAILED = "swapped", "failed"
_NAMESPACE = "threefold"
_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class SwapMetrics:
    """Of one process; several are summed up like all metrics of the service.

    Args:
        registry: of the process's metrics.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._swaps = Counter(
            "swaps",
            "Attempts to serve another version, by how they ended.",
            ("result",),
            namespace=_NAMESPACE,
            registry=registry,
        )
        for result in (SWAPPED, FAILED):
            self._swaps.labels(result)
        self._seconds = Histogram(
            "swap_seconds",
            "From the beginning of a load until its version serves.",
            namespace=_NAMESPACE,
            registry=registry,
            buckets=_SECONDS,
        )
        self._failed = Gauge(
            "swap_failed",
            "1 while the version that is wanted cannot be served.",
            namespace=_NAMESPACE,
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._wanted = VersionGauge(
            Gauge(
                "wanted_version_info",
                "1 for the version that the channel points at.",
                ("version",),
                namespace=_NAMESPACE,
                registry=registry,
                multiprocess_mode="livemax",
            )
        )
        self._silent = Counter(
            "registry_errors", "Looks at the registry that failed.", namespace=_NAMESPACE, registry=registry
        )
        self._refused = Counter(
            "admin_refused", "Requests for a swap without a known key.", namespace=_NAMESPACE, registry=registry
        )

    def wants(self, version: str | None) -> None:
        """The channel points at this version."""
        self._wanted.show(*([version] if version is not None else []))

    def swapped(self, seconds: float) -> None:
        """Another version serves, so many seconds after its load began."""
        self._swaps.labels(SWAPPED).inc()
        self._seconds.observe(seconds)

    def attempt_failed(self) -> None:
        """A version was loaded, or tried to be, in vain."""
        self._swaps.labels(FAILED).inc()

    def stands(self, failure: Failure | None) -> None:
        """Whether what is wanted fails to be served."""
        self._failed.set(failure is not None)

    def registry_silent(self) -> None:
        """The registry did not answer."""
        self._silent.inc()

    def admin_refused(self) -> None:
        """Somebody asked for a swap without a key."""
        self._refused.inc()
