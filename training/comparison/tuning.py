"""Small searches that give a baseline a fair chance. They see validation scores of the first seed and nothing else."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Score = Callable[[str, Mapping[str, float]], float | None]
"""Trains a candidate, told by its name and its numbers; gives its validation score, or None where it failed."""

FACTOR = 3.0
"""A step of a task's weight, up or down."""
RATES = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
FIRST_RATES = RATES[2:8]
"""These rates are always tried; the grid grows while its best is at an edge, where a better one may lie beyond."""
RATE = "rate"


@dataclass(frozen=True)
class Trial:
    """One candidate of a search.

    Attributes:
        what: the candidate, for people.
        values: its numbers.
        score: mean validation loss in units of the base rate's; None where its training failed.
    """

    what: str
    values: dict[str, float]
    score: float | None


@dataclass(frozen=True)
class Search:
    """All candidates in the order in which they were tried."""

    trials: tuple[Trial, ...]

    @property
    def chosen(self) -> Trial | None:
        """The lowest score, the first of equals; None where every training failed."""
        finished = [trial for trial in self.trials if trial.score is not None]
        return min(finished, key=lambda trial: math.inf if trial.score is None else trial.score, default=None)

    def to_json(self) -> dict[str, Any]:
        """All trials, and which was taken."""
        chosen = None if self.chosen is None else self.chosen.what
        return {"num_trials": len(self.trials), "chosen": chosen, "trials": [asdict(trial) for trial in self.trials]}


def num_trials(num_tasks: int) -> int:
    """Trainings that both searches take, about."""
    weights = 2 + 2 * num_tasks if num_tasks > 1 else 0
    return weights + len(FIRST_RATES)


def search_weights(tasks: Sequence[str], learned: Mapping[str, float] | None, score: Score) -> Search:
    """Equal weights, the weights that the configured weighting ended with, then one pass over the tasks.

    In the pass each task's weight is tried three times as large and a third of it, from the best so far. Only ratios
    between tasks matter, so weights are scaled to a geometric mean of 1 and no vector is tried twice.

    Args:
        tasks: their names.
        learned: the weights that the configured weighting ended with; None where it has none.
        score: trains and scores.
    """
    trials: dict[tuple[str, ...], Trial] = {}

    def attempt(what: str, weights: Mapping[str, float]) -> None:
        scaled = _scaled(weights)
        key = tuple(f"{scaled[task]:.4g}" for task in tasks)
        if key not in trials:
            trials[key] = Trial(what, scaled, score(what, scaled))

    attempt("equal", dict.fromkeys(tasks, 1.0))
    if learned is not None and all(learned.get(task, 0) > 0 for task in tasks):
        attempt("where the configured weighting ended", {task: learned[task] for task in tasks})
    for task in tasks:
        chosen = Search(tuple(trials.values())).chosen
        best = dict.fromkeys(tasks, 1.0) if chosen is None else chosen.values
        for factor, name in ((FACTOR, f"{task} x {FACTOR:g}"), (1 / FACTOR, f"{task} / {FACTOR:g}")):
            attempt(name, {**best, task: best[task] * factor})
    return Search(tuple(trials.values()))


def search_rate(score: Score) -> Search:
    """Half decades from 3e-4 to 0.1, and further while the best is at an edge."""
    trials: dict[float, Trial] = {}

    def attempt(rate: float) -> None:
        trials[rate] = Trial(f"{rate:g}", {RATE: rate}, score(f"{rate:g}", {RATE: rate}))

    for rate in FIRST_RATES:
        attempt(rate)
    while True:
        chosen = Search(tuple(trials.values())).chosen
        beyond = None if chosen is None else _beyond(chosen.values[RATE], trials)
        if beyond is None:
            return Search(tuple(trials[rate] for rate in sorted(trials)))
        attempt(beyond)


def _beyond(best: float, tried: Mapping[float, Trial]) -> float | None:
    """The next rate outside of those tried, where the best is at their edge and the grid goes on."""
    position = RATES.index(best)
    outside = [RATES[at] for at in (position - 1, position + 1) if 0 <= at < len(RATES) and RATES[at] not in tried]
    return outside[0] if outside else None


def _scaled(weights: Mapping[str, float]) -> dict[str, float]:
    centre = math.exp(sum(math.log(weight) for weight in weights.values()) / len(weights))
    return {task: weight / centre for task, weight in weights.items()}
