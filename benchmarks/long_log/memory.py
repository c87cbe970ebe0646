"""The resident memory of another process, once a second."""

import time
from dataclasses import dataclass
from pathlib import Path

SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """What is resident at a time.

    Attributes:
        seconds: since the watch began.
        resident: bytes, of files and of its own.
        anonymous: bytes of its own.
    """

    seconds: float
    resident: int
    anonymous: int


class Watch:
    """Looks at a process until it is gone; `peak` is the kernel's own mark, so nothing between two looks is missed."""

    def __init__(self, process: int) -> None:
        self._status = Path(f"/proc/{process}/status")
        self._started = time.monotonic()
        self.samples: list[Sample] = []
        self.phases: list[tuple[str, float]] = []
        self.peak = 0

    def begin(self, phase: str) -> None:
        """The process is in another phase from now on."""
        self.phases.append((phase, time.monotonic() - self._started))

    def go_on(self) -> None:
        """Look until there is nothing to be seen."""
        while True:
            try:
                lines = self._status.read_text(encoding="utf-8").splitlines()
            except (FileNotFoundError, ProcessLookupError):
                return
            held = dict(line.split(":", 1) for line in lines if line.startswith(("Vm", "Rss")))
            if "VmRSS" not in held:  # it has ended
                return
            sizes = {name: int(value.split()[0]) * 1024 for name, value in held.items()}
            self.samples.append(Sample(time.monotonic() - self._started, sizes["VmRSS"], sizes["RssAnon"]))
            self.peak = max(self.peak, sizes["VmHWM"])
            time.sleep(SECONDS)
