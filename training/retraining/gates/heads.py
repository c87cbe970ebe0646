"""Each head of a candidate beside the champion's on the same rows: measured once, read by several gates."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.heads import LabelStatistics, RegressionStatistics, Task
from training.comparison.measures import Valued, measures, shown
from training.comparison.resampling import Sampled
from training.retraining.gates.config import GatesConfig
from training.retraining.gates.evidence import Evidence, Rows
from training.retraining.gates.judged import Judged

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """A task of the candidate.

    Attributes:
        task: its settings.
        statistics: of its label in the candidate's training window; they fix the unit of losses.
        candidate: fields of its answer, [rows] each, where the label counts.
        champion: the same of the champion; None where it has no such head.
        rows: the labels, with their draws.
        too_few: why the head is not compared; None where it is.
    """

    task: Task
    statistics: LabelStatistics
    candidate: list[Floats]
    champion: list[Floats] | None
    rows: Rows
    too_few: str | None

    @property
    def loss_name(self) -> str:
        """For people."""
        return shown(self.task.kind, "loss").title.lower()

    @cached_property
    def losses(self) -> tuple[Sampled, Sampled | None]:
        """Of candidate and champion."""
        measure = measures(self.statistics)["loss"]
        other = None if self.champion is None else self.rows.sampled(measure, self.champion)
        return self.rows.sampled(measure, self.candidate), other

    @cached_property
    def loss_difference(self) -> Evidence | None:
        """The candidate's loss less the champion's; None where there is nothing to compare."""
        if self.too_few:
            return None  # of no rows at all there is no loss either
        candidate, champion = self.losses
        return None if champion is None else self.rows.evidence(candidate, champion)

    @cached_property
    def is_shown_better(self) -> bool:
        """Whether the whole interval says so."""
        return self.loss_difference is not None and self.loss_difference.high < 0

    @cached_property
    def level(self) -> Evidence | None:
        """How far the candidate's level is off; None where the rows do not decide it."""
        return None if self.too_few else self.rows.evidence(self.rows.sampled(self._level, self.candidate))

    @property
    def champion_level(self) -> float | None:
        """The same of the champion, on these rows."""
        return None if self.champion is None or self.too_few else self._level(self.rows.label, self.champion)

    @property
    def _level(self) -> Valued:
        """Logarithm of predicted over observed; of a regression the bias in standard deviations of its label."""
        if not isinstance(self.statistics, RegressionStatistics):
            return _log_ratio
        deviation = self.statistics.standard_deviation
        return lambda label, predicted: float(predicted[0].mean() - label.mean()) / deviation


def heads(candidate: Judged, champion: Judged | None, config: GatesConfig, groups: pd.Series | None) -> list[Head]:
    """All heads of the candidate.

    Args:
        candidate: and the champion, on the same rows.
        champion: None where there is none.
        config: when rows are too few.
        groups: what rows belong together, [rows].
    """
    tasks = candidate.predictor.config.tasks
    confidence = 1 - (1 - config.confidence) / len(tasks)  # Bonferroni: over all heads together
    return [_head(task, candidate, champion, config, groups, confidence) for task in tasks]


def _head(
    task: Task,
    candidate: Judged,
    champion: Judged | None,
    config: GatesConfig,
    groups: pd.Series | None,
    confidence: float,
) -> Head:
    counts = ~np.isnan(candidate.scored.labels[task.name])
    label = candidate.scored.labels[task.name][counts]
    before = None if champion is None else champion.task(task.name)
    is_comparable = champion is not None and before is not None and before.kind == task.kind
    too_few = _too_few(task, label, config)
    return Head(
        task=task,
        statistics=candidate.manifest.statistics[task.name],
        candidate=candidate.predictions(task, counts),
        champion=champion.predictions(before, counts) if champion and before and is_comparable else None,
        rows=Rows(label, None if groups is None else groups[counts].reset_index(drop=True), confidence),
        too_few=too_few,
    )


def _too_few(task: Task, label: Floats, config: GatesConfig) -> str | None:
    if len(label) < config.min_rows:
        return f"its label counts in {len(label):,} of the newest rows, and {config.min_rows:,} are needed to compare"
    if task.kind == "binary":
        fewest = int(min(label.sum(), len(label) - label.sum()))
        if fewest < config.min_outcomes:
            return f"an outcome has {fewest:,} of the newest rows, and {config.min_outcomes:,} are needed to compare"
    return None


def _log_ratio(label: Floats, predicted: Sequence[Floats]) -> float | None:
    observed, total = float(label.sum()), float(predicted[0].sum())
    return float(np.log(total / observed)) if observed > 0 and total > 0 else None
