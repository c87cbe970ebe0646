"""Who asks, when, where, and which items are shown in which order."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from training.simulation import effects
from training.simulation.config import SimulationConfig
from training.simulation.effects import Floats, Ints
from training.simulation.world import Day

OTHER_DEVICE_SHARE = 0.15
"""Share of requests that come from a random device instead of the user's own."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Requests in order of time, and their impressions in order of position."""

    user: Ints
    """[requests], as are the next four."""
    time_ms: Ints
    device: Ints
    placement: Ints
    size: Ints
    """Candidates of the request."""
    item: Ints
    """[impressions], as are the next two."""
    request: Ints
    position: Ints

    @property
    def hour(self) -> Ints:
        """Hour of day, UTC, [requests]."""
        return self.time_ms // effects.HOUR_MS % 24


def chunks(config: SimulationConfig, chunk_rows: int) -> Iterator[tuple[int, float, float]]:
    """Cut a day into pieces that fit in memory: rows, and the share of the day's traffic before and after each."""
    total = config.impressions_per_day
    count = -(-total // chunk_rows)
    ends = [total * (chunk + 1) // count for chunk in range(count)]
    for begin, end in zip([0, *ends], ends, strict=False):
        yield end - begin, begin / total, end / total


def draw_shown(
    config: SimulationConfig, day: Day, rng: np.random.Generator, rows: int, begin: float = 0.0, end: float = 1.0
) -> Shown:
    """Draw requests with exactly so many impressions, between two shares of the day's traffic."""
    size = _draw_sizes(config, rng, rows)
    count = len(size)
    user = _pick(day.user_cumulative, rng.random(count))
    device = np.where(
        rng.random(count) < OTHER_DEVICE_SHARE,
        rng.choice(len(effects.DEVICES), count, p=effects.DEVICE_SHARE),
        day.users.device[user],
    )
    request = np.repeat(np.arange(count), size)
    first = np.cumsum(size) - size
    position = np.arange(rows) - first[request]
    # Evenly spaced draws from one random start: exact shares, and never the same item twice in a request.
    spread = (rng.random(count)[request] + position / size[request]) % 1.0
    shuffle = rng.permutation(len(day.items))
    share = np.diff(day.item_cumulative, prepend=0.0)[shuffle]
    item = shuffle[_pick(np.cumsum(share), spread)]
    return Shown(
        user=user,
        time_ms=day.start_ms + _draw_times(rng, count, begin, end),
        device=device,
        placement=rng.choice(len(effects.PLACEMENTS), count, p=effects.PLACEMENT_SHARE),
        size=size,
        item=item[_ranked(config, day, rng, item, request)],
        request=request,
        position=position + 1,
    )


def _draw_sizes(config: SimulationConfig, rng: np.random.Generator, rows: int) -> Ints:
    size = rng.integers(config.min_candidates, config.max_candidates + 1, -(-rows // config.min_candidates))
    ends = np.cumsum(size)
    last = int(np.searchsorted(ends, rows))
    size = size[: last + 1]
    size[-1] -= ends[last] - rows
    return size


def _draw_times(rng: np.random.Generator, count: int, begin: float, end: float) -> Ints:
    """Milliseconds since midnight, ascending, following the traffic of the hours; no two chunks share one."""
    hours = np.arange(25) * effects.HOUR_MS
    traffic = np.concatenate([[0.0], np.cumsum(effects.HOUR_TRAFFIC) / effects.HOUR_TRAFFIC.sum()])
    first, beyond = np.ceil(np.interp([begin, end], traffic, hours))
    when = np.interp(begin + (end - begin) * np.sort(rng.random(count)), traffic, hours)
    return np.clip(np.floor(when), first, beyond - 1).astype(np.int64)


def _pick(cumulative: Floats, draws: Floats) -> Ints:
    return np.minimum(np.searchsorted(cumulative, draws, side="right"), len(cumulative) - 1)


def _ranked(config: SimulationConfig, day: Day, rng: np.random.Generator, item: Ints, request: Ints) -> Ints:
    """Order of the impressions of each request: the ranker before us knows what draws clicks, with noise."""
    appeal = (day.item_click - day.item_click.mean()) / day.item_click.std()
    noise = rng.standard_normal(len(item))
    score = config.ranker_skill * appeal[item] + math.sqrt(1 - config.ranker_skill**2) * noise
    return np.argsort(request + expit(-score))
