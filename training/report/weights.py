"""Sigmas that the weighting learned, and the factors that it gave the losses."""

from collections.abc import Mapping, Sequence

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from training.history import History
from training.report.curves import Curve
from training.report.figure import (
    DASHES,
    Picture,
    add_legend,
    colour_of,
    count_steps,
    finished,
    new_axes,
)
from training.report.series import series

SIGMA_SHOWS = (
    "Sigma is the noise that the weighting believes a task's label to have, in the units in which its loss arrives: "
    "a large sigma makes its task count less. Good: sigmas move early and then settle. A sigma that still drifts at "
    "the end needs a higher learning rate of the subnet weighting."
)
WEIGHTS_SHOW = {
    "uncertainty": "What each task's loss is multiplied with: 1 / sigma squared (half of it for a squared error), by "
    "the share of rows that have the label. Good: all within about a factor of ten of each other, and steady.",
    "fixed": "What each task's loss is multiplied with before the losses are added up.",
    "dwa": "What each task's loss is multiplied with. Above 1: its loss fell more slowly than the others' between the "
    "last two windows of steps. Good: all near 1.",
    "gradnorm": "What each task's loss is multiplied with, so that all tasks pull alike at what they share, and slow "
    "ones harder. Good: weights that settle. One that still drifts at the end needs a higher learning rate of the "
    "subnet weighting.",
    "famo": "What each task's loss is multiplied with, so that all losses fall at the same relative speed; without a "
    "difference in speed it would be in proportion to 1 / loss. Good: steady weights.",
    "gradients": "What each task's gradient is multiplied with in trunk and embeddings; heads have their own. Good: "
    "all near 1, where no two tasks conflict. Below zero: the method moved what is shared against that task.",
}
FIXED_FOUND = "These weights are fixed in the configuration: no sigma is learned."


def weight_pictures(history: History, tasks: Sequence[str], kind: str) -> list[Picture]:
    """Sigmas where they are learned, and factors where anything was read.

    Args:
        history: of the run.
        tasks: their names, in the order of the configuration.
        kind: of the weighting.
    """
    sigmas = series(history.readings, lambda reading: reading.sigmas)
    weights = series(history.readings, lambda reading: reading.weights)
    pictures = [_picture(sigmas, tasks, "sigma", "Learned sigmas", SIGMA_SHOWS, "")] if sigmas else []
    if weights:
        found = FIXED_FOUND if kind == "fixed" else ""
        pictures.append(_picture(weights, tasks, "factor of the loss", "Loss factors", WEIGHTS_SHOW[kind], found))
    return pictures


def _picture(
    curves: Mapping[str, Curve], tasks: Sequence[str], y_label: str, title: str, shows: str, found: str
) -> Picture:
    figure, axes = new_axes("step", y_label)
    for index, task in enumerate(tasks):
        if task in curves:
            curve = curves[task]
            axes.plot(
                curve.x, curve.y, color=colour_of(index), linestyle=DASHES[index % len(DASHES)], linewidth=1.8,
                marker="o" if len(curve.x) == 1 else None, label=f"{task}  {curve.y[-1]:.3g}",
            )  # fmt: skip
    values = [value for curve in curves.values() for value in curve.y]
    if min(values) > 0 and max(values) > 8 * min(values):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        margin = max(0.3 * (max(values) - min(values)), 0.05 * max(values), 0.01)
        axes.set_ylim(min(values) - margin, max(values) + margin)
    count_steps(axes)
    add_legend(axes)
    return finished(figure, title, shows, found)
