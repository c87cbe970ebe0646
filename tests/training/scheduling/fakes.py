"""A clock that stands still until it is told, a child that is no process, and small scripts that are one."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from training.scheduling.child import Child

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, **span: float) -> None:
        self.now += timedelta(**span)


class FakeChild(Child):
    """Ends at once with the next of its codes; `meanwhile` is what happens while it runs."""

    def __init__(self, codes: Sequence[int], meanwhile: Callable[[], None] = lambda: None) -> None:
        super().__init__(["never started"], grace_s=0)
        self.codes, self.meanwhile, self.num_runs = list(codes), meanwhile, 0

    def run(self) -> int:
        self.num_runs += 1
        self.meanwhile()
        return self.codes.pop(0)


def script(folder: Path, text: str) -> list[str]:
    """The command of a Python script."""
    file = folder / "child.py"
    file.write_text(text, encoding="utf-8")
    return [sys.executable, "-S", str(file)]


def wait_for(happened: Callable[[], bool], seconds: float = 60.0) -> None:
    """Until it has; a minute is for machines that are asleep."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
