"""The champion predicts the new rows about as well as those that it was measured on."""

import numpy as np

from models.heads import Task
from models.reference import Reference
from training.comparison.measures import measures, shown
from training.comparison.resampling import Draws, sampled
from training.retraining.checks.config import ChecksConfig
from training.retraining.gates.judged import Judged
from training.retraining.observation import Observation

SMALLEST_LOSS = 0.02
"""In units of knowing the base rate alone: what a head that knows nearly nothing may lose."""
WEEK = 7.0
"""Days. A champion that is older may lose as many times as much: one of months ago may know nothing any more."""
_CHANCE = 3.0
"""Standard errors, over rows, that are allowed on top."""


def champion_on_new_data(
    champion: Judged, reference: Reference, config: ChecksConfig, days: float
) -> list[Observation]:
    """One observation for each head: held where the champion lost too much of what it knew beyond the base rate.

    Features and rates may look as ever where labels are flipped or joined to other rows; a model that was right
    yesterday tells. Losses are normalised entropy, and for other kinds in units of knowing the mean alone.

    Args:
        champion: scored on the new rows.
        reference: its own.
        config: the limits.
        days: from its newest row to the newest of the new ones.
    """
    tasks = [task for task in champion.predictor.config.tasks if task.name in champion.scored.labels]
    may_lose = config.max_champion_loss * max(1.0, days / WEEK)
    return [_head(task, champion, reference, config.min_rows, may_lose) for task in tasks]


def _head(task: Task, champion: Judged, reference: Reference, min_rows: int, may_lose: float) -> Observation:
    usual = reference.tasks[task.name].loss if task.name in reference.tasks else None
    counts = ~np.isnan(champion.scored.labels[task.name])
    label = champion.scored.labels[task.name][counts]
    if usual is None or len(label) < min_rows:
        reason = f"{len(label):,} rows in which its label counts are too few to tell"
        return Observation.passing("champion_on_new_data", task.name, 0.0, reason)
    measure = measures(champion.manifest.statistics[task.name])["loss"]
    found = sampled(measure, label, champion.predictions(task, counts), Draws(None, len(label)))
    draws = [value for value in found.resamples if value is not None]
    if found.value is None or len(draws) < 2:
        return Observation.passing("champion_on_new_data", task.name, 0.0, "the new labels do not vary")
    error = float(np.std(draws, ddof=1)) * found.shrink
    limit = usual + max(SMALLEST_LOSS, may_lose * (1 - usual)) + _CHANCE * error
    reason = (
        f"{shown(task.kind, 'loss').title.lower()} of the champion is {found.value:.4f} on {len(label):,} new rows; it "
        f"was {usual:.4f}, allowed is {limit:.4f}"
    )
    reason += "" if found.value <= limit else ": were labels flipped or joined to other rows, or did a feature go?"
    return Observation.of("champion_on_new_data", task.name, found.value, limit, found.value <= limit, reason)
