"""Tables of arrays that grow by cohorts: a day adds rows and never changes the ones before."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TypeVar

import numpy as np

from training.simulation import effects
from training.simulation.config import SimulationConfig

STREAMS = ("centres", "users", "items", "day", "pilot")
"""What draws from its own generator, so that no part of the world disturbs another."""

Table = TypeVar("Table")


def generator(config: SimulationConfig, stream: str, day: int) -> np.random.Generator:
    """The generator of one stream on one day; the number of days asked for has no part in it."""
    return np.random.default_rng([config.seed, STREAMS.index(stream), day])


def day_start_ms(config: SimulationConfig, day: int) -> int:
    """Unix milliseconds of the first instant of a day, UTC."""
    epoch_days = int(np.datetime64(config.start_date, "D").astype(np.int64))
    return (epoch_days + day) * effects.DAY_MS


def stacked(parts: Sequence[Table]) -> Table:
    """One table of all rows of several tables of the same dataclass, in order."""
    first = parts[0]
    names = [field.name for field in fields(first)]  # type: ignore[arg-type]
    return type(first)(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
