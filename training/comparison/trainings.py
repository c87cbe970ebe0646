"""Trains one configuration with one seed, unless the folder has it already, and tells how long the rest will take."""

import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from models.errors import DataError, TrainingError
from models.heads import LabelStatistics, Task
from training.comparison.measures import measures
from training.comparison.record import MeasuredTask, Records, TrainingRecord, digest
from training.comparison.resampling import Draws, finite, sampled
from training.comparison.variants import with_seed
from training.comparison.words import duration_words
from training.config import Config, EvaluationConfig
from training.evaluation.evaluate import TaskEvaluation, evaluate
from training.evaluation.scored import Scored
from training.pipeline import Prepared, fit


class Trainings:
    """All trainings of a comparison, on the same encoder, windows and rows.

    Args:
        prepared: the log, with the encoder that all variants use.
        folder: finished trainings are kept here and taken from here.
        console: gets one line a training.
        num_planned: trainings, about; for the time left.
    """

    def __init__(self, prepared: Prepared, folder: Path, console: Console, num_planned: int) -> None:
        self._prepared = prepared
        self._records = Records(folder)
        self._console = console
        self._num_planned = num_planned
        self._num_done = 0
        self._waited: list[float] = []
        self.finished: dict[str, TrainingRecord] = {}
        """By digest, every training that the comparison is made of, each once."""

    def run(self, label: str, config: Config, seed: int) -> TrainingRecord:
        """Train, or take what is there. A training that cannot go on is a record too, with its reason."""
        config = with_seed(config, seed)
        key = digest(self._prepared, config)
        found = record = self._records.find(key)
        if record is None:
            started = time.monotonic()
            with self._console.status(f"{label}, seed {seed}"):
                record = self._trained(label, config)
            self._records.keep(key, record)
            self._waited.append(time.monotonic() - started)
        self.finished[key] = record
        self._num_done += 1
        self._tell(label, record, taken=found is not None)
        return record

    def _trained(self, label: str, config: Config) -> TrainingRecord:
        prepared = replace(self._prepared, config=config)
        started = time.monotonic()
        try:
            trained = fit(prepared, Console(quiet=True, force_terminal=False))
        except (TrainingError, DataError) as error:
            seconds = time.monotonic() - started
            return TrainingRecord(label=label, seed=config.training.seed, failure=str(error), seconds=seconds)
        seconds, history = time.monotonic() - started, trained.history
        group_by = config.evaluation.group_by
        settings = EvaluationConfig(group_by=group_by)
        statistics, test = prepared.data.statistics, prepared.windows.test
        evaluation, scored = evaluate(trained.predictor, statistics, prepared.reader, test, settings, prepared.truth)
        last = history.readings[-1]
        return TrainingRecord(
            label=label,
            seed=config.training.seed,
            seconds=seconds,
            num_steps=history.num_steps,
            num_weights=sum(weight.numel() for weight in trained.predictor.network.parameters()),
            stopped_because=history.stopped_because,
            validation_score=min(looked.score for looked in history.validations),
            loss_weights=last.weights,
            subnets=tuple(last.learning_rates),
            alarms=tuple(str(alarm) for alarm in history.alarms),
            tasks={
                task.name: _measured(task, statistics[task.name], scored, evaluation.tasks[task.name], group_by)
                for task in config.tasks
            },
        )

    def _tell(self, label: str, record: TrainingRecord, *, taken: bool) -> None:
        planned = max(self._num_planned, self._num_done)
        left = planned - self._num_done
        found = "failed" if record.failure else f"validation {record.validation_score:.4f}"
        spent = "done before" if taken else duration_words(record.seconds)
        rest = f" · about {duration_words(left * sum(self._waited) / len(self._waited))} left" if self._waited else ""
        self._console.print(
            f"{self._num_done}/{planned}  {label}, seed {record.seed} · {found} · {spent}{rest if left else ''}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def _measured(
    task: Task, statistics: LabelStatistics, scored: Scored, evaluation: TaskEvaluation, group_by: str | None
) -> MeasuredTask:
    """The task's numbers on the test window, with their draws."""
    observed = scored.observed(task)
    compared = {}
    if len(observed):
        draws = Draws(None if group_by is None else observed.extra[group_by], len(observed))
        predictions = [observed.predictions[name] for name in task.prediction_names]
        compared = {
            aspect: sampled(measure, observed.labels[task.name], predictions, draws)
            for aspect, measure in measures(statistics).items()
        }
    return MeasuredTask(
        kind=task.kind,
        num_observed=len(observed),
        metrics={name: finite(value) for name, value in evaluation.metrics.items()},
        compared=compared,
    )
