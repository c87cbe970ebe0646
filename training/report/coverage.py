"""Do as many rows lie inside their interval as were asked for, among rows of all durations?"""

import numpy as np

from training.report.curves import Floats, rate_bins, wilson
from training.report.durations import duration_text
from training.report.figure import FAINT, INK, Picture, add_legend, finished, new_axes, percent

NUM_BINS = 10
COVERAGE_SHOWS = (
    "Rows sorted by the upper end of their interval and cut into ten bins of equal size: the share whose duration lies "
    "inside (up), with 95% intervals of sampling error. Good: all touch the dashed line. An interval that fits all "
    "rows together may still be too wide for some and too narrow for others."
)


def coverage_picture(label: Floats, low: Floats, high: Floats, wanted: float, colour: str) -> Picture:
    """The share of rows inside their interval, by its upper end; all are [rows], in seconds."""
    inside = ((low <= label) & (label <= high)).astype(np.float64)
    bins = rate_bins(inside, high, NUM_BINS)
    figure, axes = new_axes("upper end of the interval", "share inside")
    across = np.log1p(bins.predicted)
    axes.vlines(across, bins.low, bins.high, color=colour, alpha=0.45, linewidth=2.2)
    axes.plot(
        across, bins.observed, color=colour, marker="o", markersize=5, linestyle="none", markeredgecolor="white",
        markeredgewidth=0.6, label="inside, 95% interval",
    )  # fmt: skip
    axes.axhline(wanted, color=INK, linewidth=1, linestyle=(0, (4, 3)), label="asked for")
    axes.set_ylim(min(float(bins.low.min()), wanted) - 0.02, 1.0)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: duration_text(max(float(np.expm1(value)), 0.0)))
    axes.yaxis.set_major_formatter(lambda value, _: percent(value))
    axes.grid(axis="y", color=FAINT, alpha=0.3)
    add_legend(axes)
    return finished(figure, "Coverage", COVERAGE_SHOWS, coverage_words(float(inside.mean()), len(label), wanted))


def coverage_words(inside: float, num_rows: int, wanted: float) -> str:
    """The share inside with what chance may do to it."""
    low, high = wilson(np.array([inside]), np.array([num_rows]))
    chance = f"95% interval {low[0]:.1%} to {high[0]:.1%}"
    return f"{inside:.1%} of the rows lie inside their interval ({chance}); {100 * wanted:.4g}% were asked for."
