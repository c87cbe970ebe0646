"""Users: what the log shows of them, and the tastes it does not show."""

import math
from dataclasses import dataclass

import numpy as np

from training.simulation import effects
from training.simulation.cohorts import day_start_ms, generator
from training.simulation.config import SimulationConfig
from training.simulation.effects import Flags, Floats, Ints

MEAN_TENURE_DAYS = 200.0
SEGMENT_SHARE = 0.65
"""Share of the variance of a taste that country and age band explain; the rest is the user's own."""


@dataclass(frozen=True, slots=True)
class Users:
    """One row a user; all arrays are [users] or [users, dim]."""

    country: Ints
    age_band: Ints
    device: Ints
    joined_ms: Ints
    age_known: Flags
    tenure_known: Flags
    activity: Floats
    """Weight of the user among the requests of a day."""
    eagerness: Floats
    """Standard normal: moves click."""
    patience: Floats
    """Standard normal: moves dwell."""
    intent: Floats
    """Standard normal: moves conversion."""
    taste: Floats
    """The user's own taste on the first day."""
    taste_ahead: Floats
    """Where that taste turns to with drift."""

    def __len__(self) -> int:
        return len(self.country)


@dataclass(frozen=True, slots=True)
class Segments:
    """Tastes shared by a country and by an age band, [countries, dim] and [ages, dim], now and ahead."""

    country: Floats
    country_ahead: Floats
    age: Floats
    age_ahead: Floats

    @classmethod
    def draw(cls, rng: np.random.Generator, dim: int) -> "Segments":
        """Draw the shared tastes, standard normal."""
        countries, ages = (len(effects.COUNTRIES), dim), (len(effects.AGE_BANDS), dim)
        return cls(*(rng.standard_normal(shape) for shape in (countries, countries, ages, ages)))


def turned(now: Floats, ahead: Floats, angle: float) -> Floats:
    """A latent after drift by an angle in radians: its variance stays, its memory fades with cos(angle)."""
    return math.cos(angle) * now + math.sin(angle) * ahead


def draw_users(config: SimulationConfig, day: int) -> Users:
    """Draw the users who are there from the first day, or who join before a later one."""
    rng = generator(config, "users", day)
    count = config.num_users if day == 0 else round(config.new_user_share * config.num_users)
    days_ago = rng.exponential(MEAN_TENURE_DAYS, count) if day == 0 else rng.random(count)
    return Users(
        country=rng.choice(len(effects.COUNTRIES), count, p=effects.COUNTRY_SHARE),
        age_band=rng.choice(len(effects.AGE_BANDS), count, p=effects.AGE_SHARE),
        device=rng.choice(len(effects.DEVICES), count, p=effects.DEVICE_SHARE),
        joined_ms=day_start_ms(config, day) - np.ceil(days_ago * effects.DAY_MS).astype(np.int64),
        age_known=rng.random(count) >= config.missing_share,
        tenure_known=rng.random(count) >= config.missing_share,
        activity=rng.lognormal(0.0, 0.8, count),
        eagerness=rng.standard_normal(count),
        patience=rng.standard_normal(count),
        intent=rng.standard_normal(count),
        taste=rng.standard_normal((count, config.taste_dim)),
        taste_ahead=rng.standard_normal((count, config.taste_dim)),
    )


def tastes(users: Users, segments: Segments, angle: float) -> Floats:
    """Tastes of all users after drift by an angle, [users, dim], unit variance a dimension."""
    shared = (
        turned(segments.country, segments.country_ahead, angle)[users.country]
        + turned(segments.age, segments.age_ahead, angle)[users.age_band]
    )
    own = turned(users.taste, users.taste_ahead, angle)
    return math.sqrt(SEGMENT_SHARE / 2) * shared + math.sqrt(1 - SEGMENT_SHARE) * own
