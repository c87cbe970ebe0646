"""What the supervisor itself adds to the metrics: how its workers are, and what all processes use."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Gauge

from service.shared_metrics import write_as
from service.workers.memory import cpu_seconds, proportional_bytes

SUPERVISOR = "supervisor"
EVERY_S = 15.0
"""Between two looks at what processes use: the kernel walks over all their pages for it."""


class Telemetry:
    """Metrics of the supervisor, summed up with those of the workers by whichever of them is asked."""

    def __init__(self, folder: Path) -> None:
        write_as(SUPERVISOR, folder)
        registry = CollectorRegistry()  # read through the folder only
        self.restarts = Counter(
            "worker_restarts", "Workers started in place of one that died.", namespace="threefold", registry=registry
        )
        self.workers = Gauge(
            "workers",
            "Workers that serve.",
            namespace="threefold",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._memory = Gauge(
            "process_memory_bytes",
            "Proportional set size of each process; the sum counts no page twice.",
            ("process",),
            namespace="threefold",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._cpu = Counter(
            "process_cpu_seconds",
            "Processor time of each process.",
            ("process",),
            namespace="threefold",
            registry=registry,
        )
        self._used: dict[int, float] = {}
        self._next_look = 0.0

    def look(self, pids: Mapping[str, int]) -> None:
        """See what processes use, if the last look is long enough ago.

        Args:
            pids: by name.
        """
        if monotonic() < self._next_look:
            return
        self._next_look = monotonic() + EVERY_S
        for name, pid in pids.items():
            memory, used = proportional_bytes(pid), cpu_seconds(pid)
            if memory is not None:
                self._memory.labels(name).set(memory)
            if used is not None:
                self._cpu.labels(name).inc(used - self._used.get(pid, 0.0))
                self._used[pid] = used
        self._used = {pid: used for pid, used in self._used.items() if pid in pids.values()}
