"""What came of the requests since the last line."""

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts answers by version, failures by kind, and requests that were not sent since too many were open."""

    versions: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    unsent: int = 0
    took_ms: list[float] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def answered(self, version: str, rows: int, took_ms: float) -> None:
        """Count an answer."""
        self.versions[version] += 1
        self.rows += rows
        self.took_ms.append(took_ms)

    def line(self) -> str:
        """Rates, times, and every count that there is."""
        seconds, took = max(time.monotonic() - self.since, 1e-9), sorted(self.took_ms)
        parts = [f"{len(took) / seconds:.1f} requests/s", f"{self.rows / seconds:.0f} rows/s"]
        if took:
            parts.append(f"p50 {took[len(took) // 2]:.1f} ms p99 {took[int(0.99 * len(took))]:.1f} ms")
        parts += [f"{version} {count}" for version, count in sorted(self.versions.items())]
        parts += [f"{kind} {count}" for kind, count in sorted(self.failures.items())]
        if self.unsent:
            parts.append(f"not sent {self.unsent}")
        return "  ".join(parts)
