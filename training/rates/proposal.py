"""From the short runs of a subnet to a rate.

Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, https://arxiv.org/abs/1506.01186, section 3.3:
the loss along one run with a rising rate shows where a network begins to learn and where it breaks. Such a run tells
the order of magnitude: each rate meets the weights that the rates before it left, and what one rate breaks shows at
the next. So it only says where to look. There, rates half a decade apart are compared by runs in which all rates
stay, from the same weights, on the same batches and judged on the same rows: what tells two of them apart is the rate
alone. The walk goes downhill until the best rate has a worse neighbour on both sides.

The loss is flat there, and its lowest point is as much luck as merit, so the middle of the floor is taken: of all that
is within one percent of the best, in log rate.

A longer training has the time to go the same way in smaller steps, whose noise is smaller. For rates c f(t) along a
schedule f, the bound of the subgradient method on a convex problem, D^2 / (2 c sum f) + c G^2 (sum f^2) / (2 sum f), is
lowest at c = D / (G sqrt(sum f^2)) (Nemirovski, Juditsky, Lan, Shapiro, "Robust Stochastic Approximation Approach to
Stochastic Programming", 2009, https://doi.org/10.1137/070704277, section 2.2). By that root the rate of a short run, in
which f is 1, is carried over to the training: a schedule that falls leaves more of it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from training.rates.runs import Point
from training.schedules import Schedule
from training.telemetry.alarms.dead_units import LIMIT as ALARM_SHARE

RUNG = 10**0.5
"""Ratio of two rates that are compared: losses are flat around their best rate, and finer steps compare noise."""
BELOW_LOWEST = 10.0
"""The walk begins so far below the rate at which the rising run was at its lowest, which is about to break."""
MAX_RUNS = 4
"""Rates of a subnet that are compared at the most."""
AS_GOOD = 0.01
"""A loss that is higher than the best by no more than this share is as good."""
FLAT = 0.003
"""Losses that differ by no more than this share do not tell rates apart."""
MOST_LOWERED = 0.1
"""However long the training, the winner is not lowered further than by this factor."""

Verdict = Literal["found", "edge", "flat", "broken", "unjudged"]


@dataclass(frozen=True)
class Proposal:
    """A rate for a subnet.

    Attributes:
        rate: to train with.
        short_run_rate: the best of the short runs, before it was carried over to the length of the training.
        verdict: `found`: the best rate has a worse neighbour on both sides; `edge`: there was no time, or no span,
            to go further; `flat`: rates make no difference; `broken`: no run was left whole; `unjudged`: the probe
            holds no label of the head. In the last three the rate stays what it was.
    """

    rate: float
    short_run_rate: float
    verdict: Verdict


def kills(point: Point) -> bool:
    """Whether so many units are dead that a training would raise its alarm."""
    return point.dead_units is not None and point.dead_units > ALARM_SHARE


def is_whole(point: Point) -> bool:
    """Whether the run neither broke nor killed its units."""
    return point.loss is not None and not kills(point)


def where_to_look(rising: Sequence[Point]) -> float | None:
    """The rate at which the walk begins; None where the sweep was never whole."""
    whole = [point for point in rising if is_whole(point)]
    return min(whole, key=_loss).rate / BELOW_LOWEST if whole else None


def walk(measure: Callable[[int], Point], is_open: Callable[[int], bool] = lambda rung: True) -> dict[int, Point]:
    """The runs that were compared, by rungs above the first; each step goes beside the best one so far.

    Args:
        measure: makes the run so many rungs above the first.
        is_open: whether there is such a rung.
    """
    found = {0: measure(0)}
    while len(found) < MAX_RUNS:
        best = best_rung(found)
        beside = (best + 1, best - 1) if is_whole(found[best]) else (min(found) - 1,)
        wanted = [rung for rung in beside if rung not in found and is_open(rung)]
        if not wanted:
            break
        found[wanted[0]] = measure(wanted[0])
    return found


def best_rung(compared: Mapping[int, Point]) -> int:
    """The rung of the lowest loss among the whole runs; the lowest rung where there is none."""
    whole = [rung for rung, point in compared.items() if is_whole(point)]
    return min(whole, key=lambda rung: _loss(compared[rung])) if whole else min(compared)


def is_flat(compared: Mapping[int, Point]) -> bool:
    """Whether the whole runs differ too little to tell their rates apart."""
    losses = [_loss(point) for point in compared.values() if is_whole(point)]
    return len(losses) > 1 and max(losses) - min(losses) <= FLAT * min(losses)


def is_worse(point: Point, compared: Mapping[int, Point]) -> bool:
    """Whether a run is told apart from the best one, and not for the better."""
    return not is_whole(point) or _loss(point) > (1 + FLAT) * _loss(compared[best_rung(compared)])


def best_rate(compared: Mapping[int, Point]) -> float:
    """The middle, in log rate, of what does as well as the best."""
    return math.sqrt(_end_of_floor(compared, -1) * _end_of_floor(compared, 1))


def _end_of_floor(compared: Mapping[int, Point], direction: int) -> float:
    """Where the line between neighbouring rungs rises above what is as good, from the best one up or down."""
    rung = best_rung(compared)
    limit = (1 + AS_GOOD) * _loss(compared[rung])
    while (beside := compared.get(rung + direction)) is not None and is_whole(beside):
        here, there = _loss(compared[rung]), _loss(beside)
        if there > limit:
            return compared[rung].rate * math.pow(RUNG, direction * (limit - here) / (there - here))
        rung += direction
    return compared[rung].rate


def carried_over(rate: float, num_steps: int, schedule: Schedule, steps_of_training: int) -> float:
    """The rate for a training along a schedule, from a run of fewer steps at one rate."""
    squares = sum(schedule.factor(step, steps_of_training) ** 2 for step in range(steps_of_training))
    return rate * max(MOST_LOWERED, min(1.0, math.sqrt(num_steps / squares)))


def _loss(point: Point) -> float:
    assert point.loss is not None, "only whole runs are compared"
    return point.loss
