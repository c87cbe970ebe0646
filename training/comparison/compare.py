"""The comparison: every variant with every seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from training.comparison import tuning, variants
from training.comparison.record import TrainingRecord
from training.comparison.results import Compared, Comparison
from training.comparison.trainings import Trainings
from training.comparison.tuning import RATE, Search
from training.comparison.variants import Variant
from training.config import Config
from training.pipeline import Prepared, prepare


def compare(config: Config, num_seeds: int, folder: Path, console: Console) -> Comparison:
    """Train the configured model and its baselines.

    Args:
        config: of the model.
        num_seeds: how many, counted from the configured one.
        folder: finished trainings are kept in it, so an interrupted comparison goes on where it was.
        console: gets one line a training.
    """
    prepared = prepare(config, console)
    first = config.training.seed
    run = _Run(prepared, range(first, first + num_seeds), folder, console)
    configured = run.trained(replace(variants.CONFIGURED, parts=(prepared.config,)))
    baselines = tuple(run.baselines(configured))
    return Comparison(
        config=prepared.config,
        seeds=run.seeds,
        windows=prepared.windows,
        configured=configured,
        baselines=baselines,
        num_trainings=len(run.finished),
        seconds=sum(record.seconds for record in run.finished),
    )


class _Run:
    """The trainings of one comparison."""

    def __init__(self, prepared: Prepared, seeds: Sequence[int], folder: Path, console: Console) -> None:
        self.seeds = tuple(seeds)
        self._config = prepared.config
        self._untuned = list(variants.untuned(self._config))
        num_tasks = len(self._config.tasks)
        num_nets = 1 + sum(len(variant.parts) for variant in self._untuned) + 1 + (num_tasks > 1)
        planned = len(self.seeds) * num_nets + tuning.num_trials(num_tasks)
        self._trainings = Trainings(prepared, folder, console, planned)

    @property
    def finished(self) -> list[TrainingRecord]:
        """Every training so far, each once."""
        return list(self._trainings.finished.values())

    def trained(self, variant: Variant, search: Search | None = None) -> Compared:
        """A variant with all seeds."""
        records = []
        for seed in self.seeds:
            for part in variant.parts:
                label = f"{variant.name} {part.tasks[0].name}" if len(variant.parts) > 1 else variant.name
                records.append(self._trainings.run(label, part, seed))
        return Compared(variant, tuple(records), search)

    def baselines(self, configured: Compared) -> Iterator[Compared]:
        """All baselines, skipped ones included."""
        for variant in self._untuned:
            yield self.trained(variant)
        yield self._tuned_static(configured)
        yield self._one_global_rate(configured)

    def _tuned_static(self, configured: Compared) -> Compared:
        tasks = [task.name for task in self._config.tasks]
        if len(tasks) == 1:
            because = "a single task has nothing to be weighed against"
            return Compared(replace(variants.TUNED_STATIC, skipped_because=because))

        def score(what: str, weights: Mapping[str, float]) -> float | None:
            return self._score(f"tuned_static trial {what}", variants.with_weights(self._config, weights))

        search = tuning.search_weights(tasks, configured.records[0].loss_weights or None, score)
        chosen = search.chosen
        parts = () if chosen is None else (variants.with_weights(self._config, chosen.values),)
        return self.trained(replace(variants.TUNED_STATIC, parts=parts), search)

    def _one_global_rate(self, configured: Compared) -> Compared:
        subnets = next((record.subnets for record in configured.records if record.subnets), ())
        if not subnets:
            because = "the configured model trained with no seed"
            return Compared(replace(variants.ONE_GLOBAL_RATE, skipped_because=because))

        def score(what: str, values: Mapping[str, float]) -> float | None:
            return self._score(f"one_global_rate trial {what}", variants.with_rate(self._config, values[RATE], subnets))

        search = tuning.search_rate(score)
        chosen = search.chosen
        parts = () if chosen is None else (variants.with_rate(self._config, chosen.values[RATE], subnets),)
        return self.trained(replace(variants.ONE_GLOBAL_RATE, parts=parts), search)

    def _score(self, label: str, config: Config) -> float | None:
        return self._trainings.run(label, config, self.seeds[0]).validation_score
