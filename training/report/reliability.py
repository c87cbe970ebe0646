"""The calibration of a probability in parts of the test window: one small picture for each value of a column."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from training.report.curves import Bins, Floats, rate_bins
from training.report.figure import FAINT, GRID, INK, Picture, finished, percent

MOST_VALUES = 9
COLUMNS = 3
NUM_BINS = 8
"""Fewer than in the picture of all rows: a value has fewer rows."""
SHOWS = (
    "Calibration again, for the most frequent values of {column}: what was predicted (across) against what happened "
    "(up), with 95% intervals, each on its own scale. A head can be right overall and wrong in every part. Good: "
    "intervals touch the diagonal, and the ratio of predicted to observed is near 1."
)


def reliability_by_value(
    label: Floats, probability: Floats, column: str, values: pd.Series, shown: Sequence[str], colour: str
) -> Picture:
    """Calibration for each of the shown values.

    Args:
        label: 0 or 1, [rows].
        probability: predicted, [rows].
        column: whose values these are.
        values: as text, [rows].
        shown: which of them, the most frequent first.
        colour: of the head.
    """
    parts = {value: (values == value).to_numpy(dtype=bool) for value in shown[:MOST_VALUES]}
    num_lines = math.ceil(len(parts) / COLUMNS)
    figure = Figure(figsize=(4.2, 0.35 + 1.3 * num_lines), facecolor="white")
    figure.subplots_adjust(left=0.09, right=0.985, top=1 - 0.2 / (0.35 + 1.3 * num_lines), wspace=0.38, hspace=0.55)
    agreeing = total = 0
    for position, (value, rows) in enumerate(parts.items(), start=1):
        bins = rate_bins(label[rows], probability[rows], NUM_BINS)
        ratio = probability[rows].sum() / max(label[rows].sum(), 1.0)
        _draw(figure.add_subplot(num_lines, COLUMNS, position), bins, f"{_short(value)}: {ratio:.2f}", colour)
        agreeing, total = agreeing + bins.num_agreeing, total + len(bins.rows)
    found = (
        f"{agreeing} of {total} bins agree with their prediction inside the 95% interval. Beside each value: predicted "
        f"over observed."
    )
    return finished(figure, f"Calibration by {column}", SHOWS.format(column=column), found)


def _draw(axes: Axes, bins: Bins, title: str, colour: str) -> None:
    high = 1.08 * float(max(bins.predicted.max(), bins.observed.max()))
    axes.plot([0, high], [0, high], color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.vlines(bins.predicted, bins.low, bins.high, color=colour, alpha=0.45, linewidth=1.6)
    axes.plot(bins.predicted, bins.observed, color=colour, marker="o", markersize=2.6, linestyle="none")
    axes.set_xlim(0, high)
    axes.set_ylim(0, high)
    axes.set_title(title, fontsize=7.5, color=INK, pad=3)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=2))
        axis.set_major_formatter(FuncFormatter(lambda share, _: percent(share)))
    axes.tick_params(colors=INK, labelsize=6.5, length=2, color=FAINT, pad=1.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)


def _short(value: str, most: int = 14) -> str:
    return value if len(value) <= most else value[: most - 1] + "…"
