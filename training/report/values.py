"""Pictures of a predicted value in its own unit: predicted against observed, and what the predictions leave open."""

import numpy as np
from matplotlib.axes import Axes

from training.amounts import amount_text, tick_text
from training.report.calibration import bins_found, draw_bins
from training.report.curves import Floats, mean_bins, shares_between, spread
from training.report.figure import FAINT, INK, Picture, add_legend, finished, new_axes, scale_both

NUM_EDGES = 37
SHOWN = (0.005, 0.995)
"""Quantiles of the labels between which a distribution is drawn: one outlier would squeeze all others together."""
MAX_TICKS = 5
CALIBRATION_SHOWS = (
    "Rows sorted by prediction and cut into ten bins of equal size: mean predicted (across) against mean observed "
    "(up), with 95% intervals. Good: intervals touch the diagonal. Dots below it are predictions that are too high."
)
SPREAD_SHOWS = (
    "Rows sorted by prediction (across): the dark band holds the middle half of the observed values and the light band "
    "the middle 80%. Good: the bands rise along the diagonal. Their width is what the features cannot tell."
)
DISTRIBUTION_SHOWS = (
    "Share of rows by value; the outermost bars also hold what lies beyond them. Good: the line stands where the grey "
    "area has its weight. It is narrower by nature: a prediction is the mean of what may happen, not a draw from it."
)


def value_pictures(label: Floats, prediction: Floats, colour: str) -> list[Picture]:
    """Calibration, spread and distribution of a regression; label and prediction are [rows]."""
    return [_calibration(label, prediction, colour), _spread(label, prediction, colour),
            _distribution(label, prediction, colour)]  # fmt: skip


def _calibration(label: Floats, prediction: Floats, colour: str) -> Picture:
    bins = mean_bins(label, prediction, lowest=-np.inf)
    figure, axes = new_axes("predicted mean", "observed mean")
    low = float(min(bins.predicted.min(), bins.low.min()))
    high = float(max(bins.predicted.max(), bins.high.max()))
    margin = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
    scale_both(axes, low - margin, high + margin, False, tick_text)
    _few_ticks(axes)
    draw_bins(axes, bins, colour, low - margin)
    add_legend(axes)
    return finished(figure, "Predicted against observed", CALIBRATION_SHOWS, bins_found(bins))


def _spread(label: Floats, prediction: Floats, colour: str) -> Picture:
    across, (p10, p25, p50, p75, p90) = spread(label, prediction, (0.1, 0.25, 0.5, 0.75, 0.9))
    figure, axes = new_axes("predicted mean", "observed")
    axes.fill_between(across, p10, p90, color=colour, alpha=0.13, linewidth=0, label="middle 80%")
    axes.fill_between(across, p25, p75, color=colour, alpha=0.25, linewidth=0, label="middle half")
    axes.plot(across, p50, color=colour, linewidth=1.8, marker="o", markersize=4, label="median observed")
    axes.plot(across, across, color=INK, linewidth=1, linestyle=(0, (4, 3)), label="perfect")
    _few_ticks(axes)
    add_legend(axes)
    half, most = (float(np.quantile(np.abs(label - prediction), share)) for share in (0.5, 0.9))
    found = (
        f"Half of the rows are within {amount_text(half)} of their prediction, nine tenths within {amount_text(most)}."
    )
    return finished(figure, "Spread around the prediction", SPREAD_SHOWS, found)


def _distribution(label: Floats, prediction: Floats, colour: str) -> Picture:
    low, high = (float(value) for value in np.quantile(label, SHOWN))
    if low == high:
        low, high = float(label.min()), float(label.max())
    if low == high:
        low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    edges = np.linspace(low, high, NUM_EDGES)
    figure, axes = new_axes("value", "share of rows")
    observed, predicted = (shares_between(values.clip(low, high), edges) for values in (label, prediction))
    axes.stairs(observed, edges, fill=True, color=FAINT, alpha=0.35, label="observed")
    axes.stairs(predicted, edges, color=colour, linewidth=1.7, label="predicted mean")
    _few_ticks(axes)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
    add_legend(axes)
    tenth, half, most = (amount_text(float(value)) for value in np.quantile(label, [0.1, 0.5, 0.9]))
    found = f"Observed: a tenth of the rows below {tenth}, half below {half}, a tenth above {most}."
    return finished(figure, "Distribution", DISTRIBUTION_SHOWS, found)


def _few_ticks(axes: Axes) -> None:
    """Few enough ticks on both axes for long numbers."""
    axes.locator_params(nbins=MAX_TICKS)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: tick_text(value))
