"""Pictures of an expected amount: predicted against observed, and how early the order finds the total."""

from training.amounts import tick_text
from training.report.calibration import bins_found, draw_bins, rate_picture
from training.report.curves import Floats, gain, mean_bins
from training.report.figure import INK, Picture, add_legend, finished, new_axes, percent, scale_both

MEAN_SHOWS = (
    "Rows sorted by expected amount and cut into ten bins of equal size: mean expected (across) against mean observed "
    "(up), with 95% intervals. Good: intervals touch the diagonal. Dots below it are amounts that are too high."
)
GAIN_SHOWS = (
    "The share of the total amount (up) that is found among the rows with the highest expected amounts (across), "
    "beside the best possible order. Good: the line bends towards the upper left corner. The diagonal is chance."
)


def amount_pictures(label: Floats, mean: Floats, probability: Floats, colour: str) -> list[Picture]:
    """Calibration of amount and probability, and the gain; all are [rows]."""
    pictures = [_calibration(label, mean, colour)]
    if label.any():
        pictures.append(_gain(label, mean, colour))
    above = (label > 0).astype(float)
    return [*pictures, rate_picture(above, probability, colour)]


def _calibration(label: Floats, mean: Floats, colour: str) -> Picture:
    bins = mean_bins(label, mean)
    figure, axes = new_axes("expected amount", "observed mean")
    high = 1.05 * float(max(bins.predicted.max(), bins.high.max())) or 1.0
    scale_both(axes, 0.0, high, False, tick_text)
    axes.locator_params(nbins=5)
    draw_bins(axes, bins, colour, 0.0)
    add_legend(axes)
    return finished(figure, "Predicted against observed", MEAN_SHOWS, bins_found(bins))


def _gain(label: Floats, mean: Floats, colour: str) -> Picture:
    figure, axes = new_axes("share of rows", "share of the total")
    found, best = gain(label, mean), gain(label, label)
    for curve, name, style in ((best, "best order", (0, (1, 1.5))), (found, "by expected amount", "-")):
        thin = curve.thinned()
        axes.plot(thin.x, thin.y, color=colour, linewidth=1.8, linestyle=style, label=name)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 3)), label="chance")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: percent(value))
    add_legend(axes)
    return finished(
        figure, "Gain", GAIN_SHOWS,
        f"The tenth of the rows with the highest expected amounts brings {found.at(0.1):.0%} of the total; at best "
        f"{best.at(0.1):.0%}.",
    )  # fmt: skip
