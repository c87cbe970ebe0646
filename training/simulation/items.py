"""Items: category, publisher, tags, price and age in the log; quality, clickbait and taste behind it."""

import math
from dataclasses import dataclass

import numpy as np

from training.simulation import effects
from training.simulation.cohorts import day_start_ms, generator
from training.simulation.config import SimulationConfig
from training.simulation.effects import Flags, Floats, Ints

MEAN_AGE_DAYS = 30.0
CATEGORY_TASTE, TAG_TASTE, OWN_TASTE = 0.6, 0.2, 0.2
"""Shares of the variance of an item's taste."""


@dataclass(frozen=True, slots=True)
class Items:
    """One row an item; all arrays are [items], [items, tags] or [items, dim]."""

    category: Ints
    publisher: Ints
    tags: Ints
    """The first `num_tags` of a row are shown."""
    num_tags: Ints
    born_ms: Ints
    price: Floats
    price_known: Flags
    popularity: Floats
    """Weight of the item among the candidates, before its age counts."""
    quality: Floats
    """Standard normal: moves click."""
    clickbait: Floats
    """Standard normal: raises click and bounces, lowers dwell and conversion."""
    depth: Floats
    """Standard normal: moves dwell."""
    usefulness: Floats
    """Standard normal: moves conversion."""
    taste: Floats

    def __len__(self) -> int:
        return len(self.category)


@dataclass(frozen=True, slots=True)
class Centres:
    """What items share: [categories, ...], [publishers] and [tags, ...], standard normal where not an index."""

    category_taste: Floats
    category_click: Floats
    category_click_ahead: Floats
    category_dwell: Floats
    category_conversion: Floats
    publisher_category: Ints
    publisher_quality: Floats
    publisher_clickbait: Floats
    tag_taste: Floats

    @classmethod
    def draw(cls, rng: np.random.Generator, dim: int) -> "Centres":
        """Draw what items share."""
        categories = len(effects.CATEGORIES)
        return cls(
            category_taste=rng.standard_normal((categories, dim)),
            category_click=rng.standard_normal(categories),
            category_click_ahead=rng.standard_normal(categories),
            category_dwell=rng.standard_normal(categories),
            category_conversion=rng.standard_normal(categories),
            publisher_category=rng.integers(0, categories, effects.NUM_PUBLISHERS),
            publisher_quality=rng.standard_normal(effects.NUM_PUBLISHERS),
            publisher_clickbait=rng.standard_normal(effects.NUM_PUBLISHERS),
            tag_taste=rng.standard_normal((effects.NUM_TAGS, dim)),
        )


def draw_items(config: SimulationConfig, centres: Centres, day: int) -> Items:
    """Draw the items that are there from the first day, or that are published before a later one."""
    rng = generator(config, "items", day)
    count = config.num_items if day == 0 else round(config.new_item_share * config.num_items)
    days_ago = rng.exponential(MEAN_AGE_DAYS, count) if day == 0 else rng.random(count)
    publisher = rng.integers(0, effects.NUM_PUBLISHERS, count)
    specialist = rng.random(count) < 0.7
    any_category = rng.integers(0, len(effects.CATEGORIES), count)
    category = np.where(specialist, centres.publisher_category[publisher], any_category)
    tags = _draw_tags(rng, category)
    num_tags = rng.integers(1, effects.MAX_TAGS + 1, count)
    quality = math.sqrt(0.7) * rng.standard_normal(count) + math.sqrt(0.3) * centres.publisher_quality[publisher]
    log_price: Floats = effects.CATEGORY_LOG_PRICE[category] + effects.PRICE_SIGMA * rng.standard_normal(count)
    return Items(
        category=category,
        publisher=publisher,
        tags=tags,
        num_tags=num_tags,
        born_ms=day_start_ms(config, day) - np.ceil(days_ago * effects.DAY_MS).astype(np.int64),
        price=0.01 + np.exp(log_price),
        price_known=rng.random(count) >= config.missing_share,
        popularity=np.exp(0.8 * rng.standard_normal(count) + 0.4 * quality),
        quality=quality,
        clickbait=math.sqrt(0.5) * (rng.standard_normal(count) + centres.publisher_clickbait[publisher]),
        depth=rng.standard_normal(count),
        usefulness=rng.standard_normal(count),
        taste=_draw_tastes(rng, centres, category, tags, num_tags),
    )


def _draw_tags(rng: np.random.Generator, category: Ints) -> Ints:
    """Four different tags an item: its category's five in random rotation, now and then one of another category."""
    per_category = effects.NUM_TAGS // len(effects.CATEGORIES)
    turn = (rng.integers(0, per_category, len(category))[:, None] + np.arange(effects.MAX_TAGS)) % per_category
    home = rng.random((len(category), effects.MAX_TAGS)) < 0.8
    theme: Ints = np.where(home, category[:, None], rng.integers(0, len(effects.CATEGORIES), len(category))[:, None])
    return theme * per_category + turn


def _draw_tastes(rng: np.random.Generator, centres: Centres, category: Ints, tags: Ints, num_tags: Ints) -> Floats:
    shown = np.arange(effects.MAX_TAGS) < num_tags[:, None]
    of_tags = np.einsum("ns,nsd->nd", shown / np.sqrt(num_tags)[:, None], centres.tag_taste[tags])
    own = rng.standard_normal(of_tags.shape)
    of_category = centres.category_taste[category]
    taste: Floats = (
        math.sqrt(CATEGORY_TASTE) * of_category + math.sqrt(TAG_TASTE) * of_tags + math.sqrt(OWN_TASTE) * own
    )
    return taste
