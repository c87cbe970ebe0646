"""A log in which one label tells about a second one, and nothing about a third.

Users click what suits them. A few of them are asked whether they were satisfied, which has the same cause as the click;
from the validation day on everybody is asked, so that it can be measured well what little was learned from few. Whether
a page was slow depends on the network and the battery, and on nothing else.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

ROWS_A_DAY = 10_000
TRAINING_DAYS = 4
DAYS = TRAINING_DAYS + 2
NUM_USERS, NUM_ITEMS, NUM_KINDS = 100, 60, 8
ASKED = 0.005
"""Share of the training rows that were asked: 200 labels."""
SPLIT = {"validation": "1d", "test": "1d"}
FIRST_DAY = pd.Timestamp("2026-01-01", tz="UTC")


@dataclass(frozen=True)
class Labels:
    """What happens in each row, [rows]; satisfied is NaN where nobody was asked."""

    clicked: NDArray[np.int64]
    satisfied: NDArray[np.float64]
    slow: NDArray[np.int64]


def write_log(folder: Path, seed: int) -> Path:
    """Write a world of its own for each seed."""
    random = np.random.default_rng(seed)
    num_rows = ROWS_A_DAY * DAYS
    user, item = random.integers(0, NUM_USERS, num_rows), random.integers(0, NUM_ITEMS, num_rows)
    segment, category = random.integers(0, NUM_KINDS, NUM_USERS), random.integers(0, NUM_KINDS, NUM_ITEMS)
    network, battery = random.integers(0, 4, num_rows), random.normal(size=num_rows)
    suits = random.normal(size=(NUM_KINDS, NUM_KINDS))[segment[user], category[item]]
    suits += 0.4 * random.normal(size=NUM_USERS)[user] + 0.4 * random.normal(size=NUM_ITEMS)[item]
    labels = _happens(random, suits / suits.std(), network, battery)
    folder.mkdir(parents=True)
    pd.DataFrame(
        {
            "time": FIRST_DAY + pd.to_timedelta(np.arange(num_rows) * 86_400 / ROWS_A_DAY, unit="s"),
            "user": user,
            "segment": segment[user],
            "item": item,
            "category": category[item],
            "network": network,
            "battery": battery,
            **vars(labels),
        }
    ).to_parquet(folder / "log.parquet", index=False)
    return folder


def _happens(
    random: np.random.Generator, suits: NDArray[np.float64], network: NDArray[np.int64], battery: NDArray[np.float64]
) -> Labels:
    def happens(logit: NDArray[np.float64]) -> NDArray[np.int64]:
        return (random.random(len(logit)) < expit(logit)).astype(np.int64)

    asked = (random.random(len(suits)) < ASKED) | (np.arange(len(suits)) >= ROWS_A_DAY * TRAINING_DAYS)
    return Labels(
        clicked=happens(3.0 * suits - 1.2),
        satisfied=np.where(asked, happens(2.0 * suits - 0.5), np.nan),
        slow=happens(np.array([-1.0, -0.3, 0.4, 1.0])[network] + 0.8 * battery - 1.0),
    )
