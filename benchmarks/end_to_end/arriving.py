"""Days of a log that arrive one by one, each as a partition that is there whole or not at all."""

from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from benchmarks.commands import threefold
from training.simulation import SimulationConfig, simulate


class Arriving(Protocol):
    """A log that grows by a day at a time.

    Attributes:
        log: the folder of its partitions.
    """

    log: Path

    def begin(self, days: int) -> None:
        """The first days, all at once."""

    def next_day(self) -> str:
        """One more; its name, such as 2026-01-08."""


class SimulatedDays:
    """Days of one drifting world; each but the first ones is appended by `threefold simulate --append`.

    Args:
        folder: takes the log.
        world: its settings; `days` of them has no part in it.
    """

    def __init__(self, folder: Path, world: SimulationConfig) -> None:
        self.log = folder / "log"
        self._world = world
        self._num_days = 0

    def begin(self, days: int) -> None:
        """The first days, all at once."""
        simulate(self._world.model_copy(update={"days": days}), self.log)
        self._num_days = days

    def next_day(self) -> str:
        """One more day of the same world."""
        day: date = self._world.start_date + timedelta(days=self._num_days)
        threefold("simulate", self.log, "--days", 1, "--append")
        self._num_days += 1
        return day.isoformat()


class RecordedDays:
    """Days of a log that was recorded, linked into a folder one by one.

    Args:
        folder: takes the log.
        recorded: the folder of all days, `date=YYYY-MM-DD` each.
    """

    def __init__(self, folder: Path, recorded: Path) -> None:
        self.log = folder / "log"
        self._waiting = sorted(recorded.resolve().glob("date=*"))
        self.log.mkdir(parents=True)

    def begin(self, days: int) -> None:
        """The first days, all at once."""
        for _ in range(days):
            self.next_day()

    def next_day(self) -> str:
        """The next recorded day; a rename shows it whole."""
        recorded = self._waiting.pop(0)
        beside = self.log / f".{recorded.name}.partial"
        beside.mkdir()
        for file in recorded.glob("*.parquet"):
            (beside / file.name).symlink_to(file)
        beside.rename(self.log / recorded.name)
        return recorded.name.removeprefix("date=")

    def __len__(self) -> int:
        return len(self._waiting)
