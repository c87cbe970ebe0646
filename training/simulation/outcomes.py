"""From what is shown to what happens: exact probabilities first, then labels drawn from them."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from training.simulation import effects
from training.simulation.config import SimulationConfig
from training.simulation.effects import Floats, Ints
from training.simulation.requests import Shown
from training.simulation.world import Day


@dataclass(frozen=True, slots=True)
class Levels:
    """The constants that set the rates asked for; found once, on a sample of the first day."""

    click: float = 0.0
    bounce: float = 0.0
    log_dwell: float = 0.0
    conversion: float = 0.0


@dataclass(frozen=True, slots=True)
class Signals:
    """What moves the outcomes of each impression, without the levels: logits, and log seconds; all [impressions]."""

    click: Floats
    bounce: Floats
    log_dwell: Floats
    conversion: Floats
    """Without the part that expected dwell plays."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the labels are drawn from; all [impressions]."""

    click: Floats
    """P(clicked)."""
    bounce: Floats
    """P(bounce | clicked)."""
    log_dwell: Floats
    """Mean of log dwell seconds of a click that is no bounce."""
    dwell_seconds: Floats
    """E[dwell seconds | clicked]."""
    conversion: Floats
    """P(converted | clicked)."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What the log records; all [impressions]. Dwell is NaN and conversion 0 where nothing was clicked."""

    clicked: Ints
    dwell_seconds: Floats
    converted: Ints


def signals(config: SimulationConfig, day: Day, shown: Shown) -> Signals:
    """Add up the effects of user, item, context, position and taste match."""
    users, item, request = day.users, shown.item, shown.request
    of_request = _request_signals(day, shown)
    match = np.einsum("nd,nd->n", day.user_taste[shown.user][request], day.items.taste[item])
    age_hours = (shown.time_ms[request] - day.items.born_ms[item]) / effects.HOUR_MS
    slope = effects.PLACEMENT_POSITION_SLOPE[shown.placement]
    taste = config.taste_strength
    return Signals(
        click=of_request.click[request]
        + day.item_click[item]
        - slope[request] * np.log(np.arange(config.max_candidates) + 1.0)[shown.position - 1]
        + effects.category_hour_click(shown.hour[request], day.items.category[item])
        + effects.novelty_click(age_hours)
        + taste * match,
        bounce=of_request.bounce[request] + day.item_bounce[item] - 0.8 * taste * match,
        log_dwell=of_request.log_dwell[request] + day.item_log_dwell[item] + 0.5 * taste * match,
        conversion=of_request.conversion[request]
        + day.item_conversion[item]
        + 0.5 * taste * match
        + 0.4 * users.intent[shown.user][request],
    )


def _request_signals(day: Day, shown: Shown) -> Signals:
    """The effects of user, device, placement, hour and tenure, [requests]."""
    users, user, device = day.users, shown.user, shown.device
    tenure_days = (shown.time_ms - users.joined_ms[user]) / effects.DAY_MS
    return Signals(
        click=0.35 * users.eagerness[user]
        + effects.DEVICE_CLICK[device]
        + effects.PLACEMENT_CLICK[shown.placement]
        + effects.hour_click(shown.hour)
        + effects.newcomer_click(tenure_days),
        bounce=effects.DEVICE_BOUNCE[device],
        log_dwell=0.3 * users.patience[user] + effects.DEVICE_DWELL[device],
        conversion=effects.DEVICE_CONVERSION[device] + effects.PLACEMENT_CONVERSION[shown.placement],
    )


def truth(config: SimulationConfig, given: Signals, levels: Levels) -> Truth:
    """Exact probabilities and the closed-form expectation of dwell: a bounce, or a log-normal stay."""
    bounce = expit(given.bounce + levels.bounce)
    log_dwell = given.log_dwell + levels.log_dwell
    stay_seconds = np.exp(log_dwell + config.dwell_sigma**2 / 2)
    dwell_seconds = bounce * effects.BOUNCE_SECONDS / 2 + (1 - bounce) * stay_seconds
    conversion = given.conversion + 0.6 * np.log(dwell_seconds / config.median_dwell_seconds) + levels.conversion
    return Truth(expit(given.click + levels.click), bounce, log_dwell, dwell_seconds, expit(conversion))


def draw_labels(config: SimulationConfig, rng: np.random.Generator, rates: Truth) -> Labels:
    """Draw what happens; given the rates, dwell and conversion of a click are independent of each other."""
    rows = len(rates.click)
    clicked = rng.random(rows) < rates.click
    at = np.flatnonzero(clicked)
    bounced = rng.random(len(at)) < rates.bounce[at]
    short = effects.BOUNCE_SECONDS * rng.random(len(at))
    stay = np.exp(rates.log_dwell[at] + config.dwell_sigma * rng.standard_normal(len(at)))
    dwell_seconds = np.full(rows, np.nan)
    dwell_seconds[at] = np.where(bounced, short, stay)
    converted = np.zeros(rows, dtype=np.int64)
    converted[at] = rng.random(len(at)) < rates.conversion[at]
    return Labels(clicked.astype(np.int64), dwell_seconds, converted)
