"""Distributions of a duration: predicted against observed, and how far the truth strays from a prediction."""

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator

from training.report.curves import Floats, log_edges, shares_between, spread
from training.report.figure import FAINT, INK, Picture, add_legend, finished, new_axes

TICKS = (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 4 * 3600.0, 86400.0)
MAX_TICKS = 6
DISTRIBUTION_SHOWS = (
    "Share of rows by duration, on a logarithmic axis that begins at zero. Good: the lines stand where the grey area "
    "has its weight. They are narrower by nature: a prediction is the middle of what may happen, not a draw from it. A "
    "spike at zero is bounces."
)
SPREAD_SHOWS = (
    "Rows sorted by predicted median (across): the middle line is the median observed, the dark band holds the middle "
    "half of the rows and the light band the middle 80%. Good: the line follows the diagonal and rises. The width of "
    "the bands is what the features cannot tell."
)


def duration_text(seconds: float) -> str:
    """A duration as people say it."""
    for unit, length in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 2 * length or seconds == length:
            return f"{_short(seconds / length)} {unit}"
    return f"{_short(seconds)} s"


def _short(number: float) -> str:
    return f"{number:.2g}" if number < 99.5 else f"{number:.0f}"


def duration_ticks(low: float, high: float) -> list[float]:
    """Round durations between two others; two at the least."""
    inside = [tick for tick in TICKS if low <= tick <= high]
    if len(inside) < 2:
        return [float(f"{value:.2g}") for value in np.linspace(low, high, 4)[1:-1]]
    return inside[:: -(-len(inside) // MAX_TICKS)]


def _mark(axis: Axis, low: float, high: float) -> None:
    """Round durations along an axis of log(1 + seconds), which has no room for many below a second."""
    ticks = [0.0, *duration_ticks(1.0, high)] if low < 1 < high else duration_ticks(low, high)
    axis.set_major_locator(FixedLocator([float(np.log1p(tick)) for tick in ticks]))
    axis.set_major_formatter(lambda value, _: duration_text(float(np.expm1(value))))


def distribution_picture(label: Floats, mean: Floats, median: Floats, colour: str) -> Picture:
    """How often which duration was observed and predicted."""
    figure, axes = new_axes("duration", "share of rows")
    edges = log_edges(float(max(label.max(), mean.max(), median.max())))
    position = np.log1p(edges)
    axes.stairs(shares_between(label, edges), position, fill=True, color=FAINT, alpha=0.35, label="observed")
    axes.stairs(shares_between(median, edges), position, color=colour, linewidth=1.7, label="predicted median")
    axes.stairs(
        shares_between(mean, edges), position, color=colour, linewidth=1.3, linestyle=(0, (4, 2)),
        label="predicted mean",
    )  # fmt: skip
    _mark(axes.xaxis, 0.0, float(edges[-1]))
    axes.set_xlim(0, position[-1])
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
    add_legend(axes)
    quantiles = np.quantile(label, [0.1, 0.5, 0.9])
    found = "Observed: a tenth of the rows below {}, half below {}, a tenth above {}.".format(
        *(duration_text(float(value)) for value in quantiles)
    )
    return finished(figure, "Distribution", DISTRIBUTION_SHOWS, found)


def spread_picture(label: Floats, median: Floats, colour: str) -> Picture:
    """Quantiles of what was observed by what was predicted."""
    predicted, (p10, p25, p50, p75, p90) = spread(label, median, (0.1, 0.25, 0.5, 0.75, 0.9))
    figure, axes = new_axes("predicted median", "observed")
    across = np.log1p(predicted)
    axes.fill_between(across, np.log1p(p10), np.log1p(p90), color=colour, alpha=0.13, linewidth=0, label="middle 80%")
    axes.fill_between(across, np.log1p(p25), np.log1p(p75), color=colour, alpha=0.25, linewidth=0, label="middle half")
    axes.plot(across, np.log1p(p50), color=colour, linewidth=1.8, marker="o", markersize=4, label="median observed")
    axes.plot(across, across, color=INK, linewidth=1, linestyle=(0, (4, 3)), label="perfect")
    for axis, low, high in (
        (axes.xaxis, float(predicted.min()), float(predicted.max())),
        (axes.yaxis, float(p10.min()), float(p90.max())),
    ):
        _mark(axis, low, high)
    add_legend(axes)
    inside = float((label <= median).mean())
    found = f"{inside:.0%} of the rows stay below their predicted median; half should."
    return finished(figure, "Spread around the median", SPREAD_SHOWS, found)
