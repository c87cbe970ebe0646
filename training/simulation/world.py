"""The world behind the logs, and what it looks like on one day."""

import math
from dataclasses import dataclass

import numpy as np

from training.simulation import effects
from training.simulation.cohorts import day_start_ms, generator, stacked
from training.simulation.config import SimulationConfig
from training.simulation.effects import Floats
from training.simulation.items import Centres, Items, draw_items
from training.simulation.users import Segments, Users, draw_users, tastes, turned

POOL_HALF_LIFE_DAYS = 10.0
POOL_FLOOR = 0.2
"""An old item keeps this share of its weight among the candidates."""


@dataclass(frozen=True, slots=True)
class Day:
    """The world on one day: everything a request of that day can meet."""

    index: int
    start_ms: int
    users: Users
    items: Items
    user_taste: Floats
    """[users, dim], scaled so that the product with an item's taste is a match of unit variance."""
    item_click: Floats
    """[items]: the item's own part of the logit of click; likewise the three below."""
    item_bounce: Floats
    item_log_dwell: Floats
    item_conversion: Floats
    user_cumulative: Floats
    """[users]: cumulative share of requests, ending in 1."""
    item_cumulative: Floats
    """[items]: cumulative share of candidates, ending in 1; no item's share exceeds 1 / max_candidates."""


class World:
    """Tastes, effects and cohorts of one seed; `day` is a function of seed, settings and index alone."""

    def __init__(self, config: SimulationConfig) -> None:
        rng = generator(config, "centres", 0)
        self.config = config
        self.segments = Segments.draw(rng, config.taste_dim)
        self.centres = Centres.draw(rng, config.taste_dim)
        self._users: list[Users] = []
        self._items: list[Items] = []

    def day(self, index: int) -> Day:
        """The world on a day, counted from 0: all cohorts until then, tastes turned by the drift until then."""
        config, angle = self.config, index * self.config.drift_per_day
        for cohort in range(len(self._users), index + 1):
            self._users.append(draw_users(config, cohort))
            self._items.append(draw_items(config, self.centres, cohort))
        users, items = stacked(self._users[: index + 1]), stacked(self._items[: index + 1])
        start_ms = day_start_ms(config, index)
        age_days = (start_ms - items.born_ms) / effects.DAY_MS
        return Day(
            index=index,
            start_ms=start_ms,
            users=users,
            items=items,
            user_taste=tastes(users, self.segments, angle) / math.sqrt(config.taste_dim),
            item_click=_item_click(items, self.centres, angle),
            item_bounce=0.8 * items.clickbait,
            item_log_dwell=(
                0.45 * items.depth - 0.35 * items.clickbait + 0.25 * self.centres.category_dwell[items.category]
            ),
            item_conversion=_item_conversion(items, self.centres),
            user_cumulative=_cumulative(users.activity),
            item_cumulative=_cumulative(_capped(_freshness(age_days) * items.popularity, 1 / config.max_candidates)),
        )


def _freshness(age_days: Floats) -> Floats:
    return POOL_FLOOR + (1 - POOL_FLOOR) * np.exp2(-age_days / POOL_HALF_LIFE_DAYS)


def _item_click(items: Items, centres: Centres, angle: float) -> Floats:
    of_category = turned(centres.category_click, centres.category_click_ahead, angle)[items.category]
    return 0.45 * items.quality + 0.35 * items.clickbait + 0.25 * of_category


def _item_conversion(items: Items, centres: Centres) -> Floats:
    # A price the log does not show has no effect either: the item is offered at the usual price.
    dearness = np.where(items.price_known, np.log(items.price / effects.MEDIAN_PRICE) / effects.PRICE_SIGMA, 0.0)
    of_category = centres.category_conversion[items.category]
    own: Floats = 0.35 * items.usefulness - 0.2 * items.clickbait + 0.45 * of_category - 0.5 * dearness
    return own


def _cumulative(weights: Floats) -> Floats:
    total = np.cumsum(weights)
    shares: Floats = total / total[-1]
    return shares


def _capped(weights: Floats, cap: float) -> Floats:
    """Shares of which none exceeds the cap, so that a request never shows an item twice."""
    shares: Floats = weights / weights.sum()
    while shares.max() >= cap:
        shares = np.minimum(shares, cap / 2)
        shares /= shares.sum()
    return shares
