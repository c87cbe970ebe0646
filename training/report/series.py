"""Telemetry over the steps of a run, ready to draw."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from training.history import Reading, Validation
from training.report.curves import MAX_POINTS, Curve, Floats


def series(
    readings: Sequence[Reading] | Sequence[Validation], values: Callable[..., Mapping[str, float]]
) -> dict[str, Curve]:
    """By name, its finite values over the steps; long runs by the means of stretches of equal length."""
    points: dict[str, list[tuple[float, float]]] = {}
    for reading in readings:
        for name, value in values(reading).items():
            if np.isfinite(value):
                points.setdefault(name, []).append((float(reading.step), value))
    return {name: averaged(*np.array(found).T) for name, found in points.items()}


def averaged(x: Floats, y: Floats, max_points: int = MAX_POINTS) -> Curve:
    """A curve of at most so many points, each the mean of its stretch."""
    if len(x) <= max_points:
        return Curve(x, y)
    stretches = np.array_split(np.arange(len(x)), max_points)
    return Curve(np.array([x[part].mean() for part in stretches]), np.array([y[part].mean() for part in stretches]))
