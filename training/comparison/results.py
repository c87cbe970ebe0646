"""What a comparison found, for the page, the terminal and JSON."""

from dataclasses import asdict, dataclass
from typing import Any

from models.heads import Task
from training.comparison.measures import ASPECTS, Aspect, shown
from training.comparison.paired import Difference, difference
from training.comparison.record import TrainingRecord
from training.comparison.resampling import Sampled
from training.comparison.tuning import Search
from training.comparison.variants import Variant
from training.config import Config
from training.data.windows import Windows


@dataclass(frozen=True)
class Compared:
    """A variant and its trainings.

    Attributes:
        variant: what it is.
        records: one a part and seed; empty where it was skipped.
        search: how it was tuned; None where it was not.
    """

    variant: Variant
    records: tuple[TrainingRecord, ...] = ()
    search: Search | None = None

    def numbers(self, task: str, aspect: Aspect) -> dict[int, Sampled]:
        """By seed, what was measured of a task."""
        measured = [(each.seed, each.tasks[task].compared) for each in self.records if task in each.tasks]
        return {seed: compared[aspect] for seed, compared in measured if aspect in compared}

    @property
    def failures(self) -> list[TrainingRecord]:
        """Trainings that did not end well."""
        return [record for record in self.records if record.failure is not None]

    def to_json(self) -> dict[str, Any]:
        """Its trainings and its search."""
        variant = self.variant
        return {
            "title": variant.title,
            "what": variant.what,
            "skipped_because": variant.skipped_because,
            "search": None if self.search is None else self.search.to_json(),
            "trainings": [_training(record) for record in self.records],
        }


@dataclass(frozen=True)
class Comparison:
    """All variants.

    Attributes:
        config: as configured.
        seeds: the first is the file's.
        windows: the same for all.
        configured: the model of the file.
        baselines: in the order of the page.
        num_trainings: all that were needed, trials of searches too; what variants share is counted once.
        seconds: that they took together.
    """

    config: Config
    seeds: tuple[int, ...]
    windows: Windows
    configured: Compared
    baselines: tuple[Compared, ...]
    num_trainings: int
    seconds: float

    @property
    def rivals(self) -> list[Compared]:
        """Baselines that were not skipped."""
        return [each for each in self.baselines if each.variant.skipped_because is None]

    def against(self, baseline: Compared, task: Task, aspect: Aspect) -> Difference:
        """The configured model minus a baseline."""
        own, other = self.configured.numbers(task.name, aspect), baseline.numbers(task.name, aspect)
        return difference(own, other, shown(task.kind, aspect).goal)

    def to_json(self) -> dict[str, Any]:
        """Everything that the page shows, and each seed's numbers."""
        windows = (self.windows.train, self.windows.validation, self.windows.test)
        return {
            "name": self.config.name,
            "seeds": self.seeds,
            "num_trainings": self.num_trainings,
            "seconds": self.seconds,
            "windows": {window.name: window.described for window in windows},
            "rows": {window.name: window.num_rows for window in windows},
            "config": self.config.model_dump(mode="json"),
            "configured": self.configured.to_json(),
            "baselines": {
                each.variant.name: {**each.to_json(), "differences": self._differences(each)} for each in self.baselines
            },
        }

    def _differences(self, baseline: Compared) -> dict[str, dict[str, Any]]:
        """By task and measure, the configured model minus the baseline."""
        if baseline not in self.rivals:
            return {}
        return {
            task.name: {shown(task.kind, each).key: asdict(self.against(baseline, task, each)) for each in ASPECTS}
            for task in self.config.tasks
        }


def _training(record: TrainingRecord) -> dict[str, Any]:
    """A training without the draws of its numbers."""
    tasks = {
        name: {
            "num_observed": task.num_observed,
            "metrics": task.metrics,
            "compared": {shown(task.kind, aspect).key: each.value for aspect, each in task.compared.items()},
        }
        for name, task in record.tasks.items()
    }
    return {**record.model_dump(mode="json", exclude={"tasks"}), "tasks": tasks}
