"""Find the constants that give the rates asked for, on a sample of the first day."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtr

from training.simulation.cohorts import generator
from training.simulation.outcomes import Levels, signals, truth
from training.simulation.requests import draw_shown
from training.simulation.world import World

PILOT_ROWS = 60_000
SEARCHED = 40.0
"""Levels lie between minus and plus this; in log seconds and logits that is beyond any rate a log can show."""


def fit_levels(world: World) -> Levels:
    """Solve for click, then bounce, dwell and conversion among clicks; the sample is drawn apart from the logs."""
    config = world.config
    day, rng = world.day(0), generator(config, "pilot", 0)
    given = signals(config, day, draw_shown(config, day, rng, PILOT_ROWS))
    click = _solve(lambda level: float(expit(given.click + level).mean()), config.click_rate)
    weight = expit(given.click + click)
    weight /= weight.sum()
    bounce = _solve(lambda level: float(weight @ expit(given.bounce + level)), config.bounce_share)
    bounces = expit(given.bounce + bounce)

    def share_above_median(level: float) -> float:
        z = (given.log_dwell + level - np.log(config.median_dwell_seconds)) / config.dwell_sigma
        return float(weight @ ((1 - bounces) * ndtr(z)))

    levels = Levels(click=click, bounce=bounce, log_dwell=_solve(share_above_median, 0.5))

    def conversion_rate(level: float) -> float:
        return float(weight @ truth(config, given, replace(levels, conversion=level)).conversion)

    return replace(levels, conversion=_solve(conversion_rate, config.conversion_rate))


def _solve(rising: Callable[[float], float], target: float) -> float:
    return float(brentq(lambda level: rising(level) - target, -SEARCHED, SEARCHED, xtol=1e-9))
