"""Can the number be trusted as a number? Predicted against observed, for a probability and for a duration."""

from matplotlib.axes import Axes

from training.report.curves import Bins, Floats, mean_bins, rate_bins
from training.report.durations import duration_text, duration_ticks
from training.report.figure import Picture, add_legend, finished, new_axes, percent, scale_both

SMALL_RATE = 0.1
"""Below this mean rate both axes are logarithmic: on a linear one nearly all bins sit in the corner."""
RATE_SHOWS = (
    "Rows sorted by prediction and cut into bins of equal size: what was predicted (across) against what happened "
    "(up), with 95% intervals. Good: intervals touch the diagonal. Dots below it are predictions that are too high. "
)
MEAN_SHOWS = (
    "Rows sorted by predicted mean and cut into ten bins of equal size: mean predicted (across) against mean observed "
    "(up), with 95% intervals. Good: intervals touch the diagonal. Dots below it are predictions that are too long."
)


def rate_picture(label: Floats, probability: Floats, colour: str) -> Picture:
    """Calibration of a probability."""
    bins = rate_bins(label, probability)
    log = float(probability.mean()) < SMALL_RATE and bins.predicted.min() > 0
    shows = RATE_SHOWS + ("Both axes are logarithmic, because the rates are small." if log else "")
    figure, axes = new_axes("predicted", "observed")
    low, high = _limits(bins, log, 1.0)
    scale_both(axes, low, high, log, percent)
    draw_bins(axes, bins, colour, low)
    add_legend(axes)
    error = (
        f" Predicted and observed rate are {bins.mean_distance:.2%} apart on average; of perfect predictions chance "
        f"alone would leave {bins.chance_distance:.2%}."
    )
    return finished(figure, "Calibration", shows, bins_found(bins) + error)


def mean_picture(label: Floats, mean: Floats, colour: str) -> Picture:
    """Calibration of a predicted mean duration."""
    bins = mean_bins(label, mean)
    log = bins.predicted.min() > 0 and bins.predicted.max() > 8 * bins.predicted.min()
    figure, axes = new_axes("predicted mean", "observed mean")
    low, high = _limits(bins, log, float("inf"))
    scale_both(axes, low, high, log, duration_text, duration_ticks(low, high))
    draw_bins(axes, bins, colour, low)
    add_legend(axes)
    return finished(figure, "Calibration", MEAN_SHOWS, bins_found(bins))


def draw_bins(axes: Axes, bins: Bins, colour: str, low: float) -> None:
    """A dot and an interval a bin; what reaches below `low` ends there."""
    lower, upper = bins.low.clip(min=low), bins.high.clip(min=low)
    axes.vlines(bins.predicted, lower, upper, color=colour, alpha=0.45, linewidth=2.2)
    axes.plot(
        bins.predicted, bins.observed.clip(min=low), color=colour, marker="o", markersize=5, linestyle="none",
        markeredgecolor="white", markeredgewidth=0.6, label="observed, 95% interval",
    )  # fmt: skip


def _limits(bins: Bins, log: bool, most: float) -> tuple[float, float]:
    high = float(max(bins.predicted.max(), bins.high.max()))
    if not log:
        return 0.0, min(1.05 * high, most) or 1.0
    positive = [*bins.predicted, *(value for value in bins.low if value > bins.predicted.min() / 4)]
    return float(min(positive)) / 1.3, min(1.3 * high, most)


def bins_found(bins: Bins) -> str:
    """How many bins agree."""
    return f"{bins.num_agreeing} of {len(bins.rows)} bins agree with their prediction inside the 95% interval."
