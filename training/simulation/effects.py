"""Names and fixed effects of the synthetic world: what is the same for every seed.

A `*_CLICK` value is added to the logit of click, `*_DWELL` to the log of dwell seconds, `*_BOUNCE` to the logit of
a bounce, `*_CONVERSION` to the logit of conversion.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000

COUNTRIES = ("US", "IN", "BR", "DE", "JP", "GB", "FR", "NG")
COUNTRY_SHARE = np.array([0.28, 0.2, 0.13, 0.1, 0.09, 0.08, 0.07, 0.05])

AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55+")
AGE_SHARE = np.array([0.2, 0.28, 0.22, 0.16, 0.14])

DEVICES = ("mobile", "desktop", "tablet", "tv")
DEVICE_SHARE = np.array([0.62, 0.26, 0.08, 0.04])
DEVICE_CLICK = np.array([0.1, -0.1, 0.0, -0.4])
DEVICE_BOUNCE = np.array([0.25, -0.35, 0.0, -0.2])
DEVICE_DWELL = np.array([-0.2, 0.25, 0.1, 0.5])
DEVICE_CONVERSION = np.array([-0.15, 0.3, 0.0, -0.6])

PLACEMENTS = ("home_feed", "article_end", "search", "sidebar", "notification")
PLACEMENT_SHARE = np.array([0.45, 0.2, 0.15, 0.14, 0.06])
PLACEMENT_CLICK = np.array([0.0, -0.2, 0.6, -0.8, 0.4])
PLACEMENT_CONVERSION = np.array([0.0, -0.1, 0.6, 0.0, -0.4])
PLACEMENT_POSITION_SLOPE = np.array([0.4, 0.25, 0.6, 0.2, 0.5])
"""Logits of click lost per unit of log(position): a search result fades faster than a sidebar."""

CATEGORIES = (
    "news", "sport", "music", "film", "games", "food",
    "travel", "fashion", "technology", "finance", "health", "home",
)  # fmt: skip
CATEGORY_LOG_PRICE = np.log([9, 15, 11, 11, 20, 13, 88, 32, 72, 27, 20, 36])

NUM_PUBLISHERS = 120
NUM_TAGS = 60
MAX_TAGS = 4
MEDIAN_PRICE = 20.0
PRICE_SIGMA = 0.9

HOUR_TRAFFIC = np.array(
    [
        2.2,
        1.5,
        1.1,
        0.9,
        0.9,
        1.2,
        2.0,
        3.2,
        4.2,
        4.6,
        4.7,
        4.8,
        5.2,
        5.0,
        4.6,
        4.4,
        4.5,
        4.9,
        5.6,
        6.4,
        7.0,
        6.8,
        5.4,
        3.6,
    ]
)
"""Requests by hour of day, UTC, up to a constant."""

BOUNCE_SECONDS = 2.0
"""A bounce lasts uniformly between 0 and this, so it lasts 1 second in expectation."""


def hour_click(hour: Ints) -> Floats:
    """Logits of click by hour of day, [requests]: an evening reader clicks more."""
    return 0.15 * np.cos(2 * np.pi * (hour - 20) / 24)


def category_hour_click(hour: Ints, category: Ints) -> Floats:
    """Logits of click of a category at an hour, [impressions]: each category has its own best hour, two hours apart."""
    table: Floats = 0.25 * np.cos(2 * np.pi * (np.arange(24)[:, None] - 2 * np.arange(len(CATEGORIES))[None, :]) / 24)
    chosen: Floats = table.ravel()[hour * len(CATEGORIES) + category]
    return chosen


def newcomer_click(tenure_days: Floats) -> Floats:
    """Logits of click by tenure, [requests]: curiosity that fades within weeks."""
    return 0.3 * np.exp(-tenure_days / 7)


def novelty_click(age_hours: Floats) -> Floats:
    """Logits of click by age of the item, [impressions]: news that fades within days."""
    return 0.4 * np.exp(-age_hours / 48)
