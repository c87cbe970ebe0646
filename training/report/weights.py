"""Sigmas that the weighting learned, and the factors that it gave the losses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from training.report.measures import finite
from training.report.series import series

SIGMA_SHOWS = (
    "Sigma is the noise that the weighting believes a task's label to have, in the units in which its loss arrives: "
    "a large sigma makes its task count less. Good: sigmas move early and then settle. A sigma that still drifts at "
    "the end needs a higher learning rate of the subnet weighting."
)
FACTOR_SHOWS = (
    "What each task's loss is multiplied with before the losses are added up. Good: all within about a factor of ten "
    "of each other, and steady. A factor that runs away means that one task silences the others."
)
FIXED_FOUND = "These weights are fixed in the configuration: no sigma is learned."

RECENT_READINGS = 10


@dataclass(frozen=True)
class Balance:
    """Where a task's weight stands at the last reading, and where it would come to rest."""

    task: str
    sigma: float
    weight: float
    loss: float | None

    @property
    def rest(self) -> float | None:
        """The weight that Kendall's total is smallest at for this loss: 1 / (2 x loss)."""
        return 1 / (2 * self.loss) if self.loss else None


def weight_pictures(history: History, tasks: Sequence[str]) -> list[Picture]:
    """Sigmas where they are learned, and factors where anything was read."""
    sigmas = series(history.readings, lambda reading: reading.sigmas)
    weights = series(history.readings, lambda reading: reading.weights)
    pictures = [_picture(sigmas, tasks, "sigma", "Learned sigmas", SIGMA_SHOWS, "")] if sigmas else []
    if weights:
        found = "" if sigmas else FIXED_FOUND
        pictures.append(_picture(weights, tasks, "factor of the loss", "Loss factors", FACTOR_SHOWS, found))
    return pictures


def balances(history: History) -> list[Balance]:
    """The last reading of each learned weight, beside the loss of the last few: one reading of a rare task is noise."""
    if not history.readings:
        return []
    last = history.readings[-1]
    return [
        Balance(task, sigma, last.weights[task], _recent_loss(history, task))
        for task, sigma in last.sigmas.items()
        if task in last.weights and finite(sigma) is not None and finite(last.weights[task]) is not None
    ]


def _recent_loss(history: History, task: str) -> float | None:
    losses = [finite(reading.losses.get(task)) for reading in history.readings[-RECENT_READINGS:]]
    seen = [loss for loss in losses if loss is not None]
    return sum(seen) / len(seen) if seen else None


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
