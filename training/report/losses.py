"""Losses of the tasks over the steps, in units of the base rate's loss."""

from collections.abc import Sequence

import numpy as np

from training.history import History, Validation
from training.report.curves import Curve
from training.report.figure import (
    FAINT,
    INK,
    Picture,
    add_legend,
    colour_of,
    count_steps,
    finished,
    new_axes,
)
from training.report.series import series

STAR = "#f2b705"
SHOWS = (
    "Thin line: loss on training batches. Dots: loss on the validation window. Star: the weights that were kept. "
    "At 1.0 the head is as good as always predicting the base rate. Good: both fall below 1.0 and stay close; "
    "training that falls while validation rises is overfitting, and a jump apart at a dotted line, where the next pass "
    "over the same rows begins, is the one-epoch collapse of id embeddings."
)


def kept(validations: Sequence[Validation]) -> Validation | None:
    """The validation whose weights the run ended with."""
    best = [validation for validation in validations if validation.is_best]
    return best[-1] if best else None


def loss_pictures(history: History, tasks: Sequence[str]) -> list[Picture]:
    """One picture a task that was seen at all."""
    train = series(history.readings, lambda reading: reading.losses)
    validation = series(history.validations, lambda looked: looked.losses)
    best = kept(history.validations)
    boundaries = [step for step in history.epoch_ends if step < history.num_steps]
    return [
        _picture(task, colour_of(index), train.get(task), validation.get(task), best, boundaries)
        for index, task in enumerate(tasks)
        if task in train or task in validation
    ]


def _picture(
    task: str,
    colour: str,
    train: Curve | None,
    validation: Curve | None,
    best: Validation | None,
    boundaries: Sequence[int],
) -> Picture:
    figure, axes = new_axes("step", "loss / base rate's loss")
    axes.axhline(1.0, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), label="base rate")
    for index, step in enumerate(boundaries):
        axes.axvline(step, color=FAINT, linewidth=1, linestyle=":", label=None if index else "next epoch")
    if train is not None:
        lone = "o" if len(train.x) == 1 else None
        axes.plot(train.x, train.y, color=colour, alpha=0.45, linewidth=1, marker=lone, label="training")
    if validation is not None:
        axes.plot(validation.x, validation.y, color=colour, linewidth=1.8, marker="o", markersize=4, label="validation")
    if best is not None and np.isfinite(best.losses.get(task, np.nan)):
        axes.plot(
            best.step, best.losses[task], marker="*", markersize=14, color=STAR, markeredgecolor=INK,
            markeredgewidth=0.7, linestyle="none", label="kept", zorder=5,
        )  # fmt: skip
    axes.set_ylim(*_limits(train, validation))
    count_steps(axes)
    add_legend(axes, columns=2)
    return finished(figure, f"{task}: loss", "", _found(task, validation, best))


def _limits(train: Curve | None, validation: Curve | None) -> tuple[float, float]:
    """Around 1.0 and all validations; a few wild training batches may leave the picture."""
    values = [1.0]
    if train is not None:
        values += [float(np.quantile(train.y, share)) for share in (0.02, 0.98)]
    if validation is not None:
        values += validation.y.tolist()
    low, high = min(values), max(values)
    margin = max(0.08 * (high - low), 0.01)
    return low - margin, high + 2 * margin


def _found(task: str, validation: Curve | None, best: Validation | None) -> str:
    if validation is None:
        return "The validation window has no row in which this label counts."
    if best is None or task not in best.losses:
        return f"Last validation: {validation.y[-1]:.3f}."
    return f"Kept at step {best.step:,} with {best.losses[task]:.3f}; the last validation had {validation.y[-1]:.3f}."
