"""Does a head put the right rows first? ROC and cumulative gain."""

from matplotlib.axes import Axes

from training.report.curves import Curve, Floats, gain, roc
from training.report.figure import FAINT, Picture, add_legend, finished, new_axes, percent

ROC_SHOWS = (
    "For every threshold, the share of negatives above it (across) and of positives above it (up). The area below is "
    "the AUC: the share of pairs of one positive and one negative that are in the right order. Good: far above the "
    "diagonal, which is chance."
)
GAIN_SHOWS = (
    "Show only the best-ranked share of the rows (across): this share of all positives is among them (up). "
    "Good: a steep start, close to the dashed line of a perfect order. The diagonal is a random order."
)


def ranking_pictures(label: Floats, probability: Floats, colour: str) -> list[Picture]:
    """Both pictures; none where only one outcome was seen."""
    if not 0 < label.sum() < len(label):
        return []
    return [_roc(roc(label, probability), colour), _gain(gain(label, probability), float(label.mean()), colour)]


def _roc(curve: Curve, colour: str) -> Picture:
    figure, axes = new_axes("negatives above the threshold", "positives above the threshold")
    shown = curve.thinned()
    axes.fill_between(shown.x, shown.y, color=colour, alpha=0.08, linewidth=0)
    axes.plot(shown.x, shown.y, color=colour, linewidth=1.8, label=f"AUC {curve.area:.3f}")
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), label="chance")
    _shares(axes)
    return finished(figure, "ROC", ROC_SHOWS)


def _gain(curve: Curve, rate: float, colour: str) -> Picture:
    figure, axes = new_axes("best-ranked rows", "positives among them")
    shown = curve.thinned()
    axes.plot([0, rate, 1], [0, 1, 1], color=colour, linewidth=1, linestyle=(0, (4, 3)), alpha=0.7, label="perfect")
    axes.plot(shown.x, shown.y, color=colour, linewidth=1.8, label="model")
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), label="random order")
    _shares(axes)
    tenth = curve.at(0.1)
    found = f"The best-ranked 10% of the rows hold {tenth:.0%} of the positives: {10 * tenth:.1f} times chance."
    return finished(figure, "Cumulative gain", GAIN_SHOWS, found)


def _shares(axes: Axes) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    axes.yaxis.set_major_formatter(lambda value, _: percent(value))
    add_legend(axes)
