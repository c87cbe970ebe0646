"""Curves that jump from reading to reading: each as a faint line, and its running median on top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.report.curves import Curve
from training.report.figure import BAD, Picture, add_legend, colour_of, count_steps, finished, new_axes

WINDOW_SHARE = 0.1
"""Of a curve's points that the median is taken over."""


@dataclass(frozen=True)
class Words:
    """What stands at a picture of noisy curves."""

    title: str
    y_label: str
    shows: str
    found: str = ""


def noisy_picture(
    curves: Mapping[str, Curve],
    words: Words,
    colours: Sequence[str],
    *,
    is_log: bool = False,
    alarm_at: float | None = None,
) -> Picture:
    """One line a name; `colours` has all names in the order of their colours, `alarm_at` draws an alarm's limit."""
    figure, axes = new_axes("step", words.y_label)
    if is_log:
        axes.set_yscale("log")
    if alarm_at is not None:
        axes.axhline(alarm_at, color=BAD, linewidth=1.2, linestyle=(0, (4, 3)), label="alarm")
    for name, curve in curves.items():
        colour, middle = colour_of(colours.index(name)), running_median(curve)
        axes.plot(curve.x, curve.y, color=colour, alpha=0.28, linewidth=0.9)
        lone = "o" if len(curve.x) == 1 else None
        axes.plot(middle.x, middle.y, color=colour, linewidth=1.7, marker=lone, label=name)
    low, high = axes.get_ylim()
    room = 0.35  # for the legend, above all lines
    axes.set_ylim(low, high * (high / low) ** room if is_log else high + room * (high - low))
    count_steps(axes)
    add_legend(axes, columns=2)
    return finished(figure, words.title, words.shows, words.found)


def running_median(curve: Curve) -> Curve:
    """The median of a window around each point.

    The window grows from the first point, because runs begin with a change that is no noise, and is cut at the last.
    """
    half = max(1, round(WINDOW_SHARE * len(curve.y) / 2))
    reaches = [min(half, at) for at in range(len(curve.y))]
    middle = [np.median(curve.y[at - reach : at + reach + 1]) for at, reach in enumerate(reaches)]
    return Curve(curve.x, np.array(middle))


def last_values(curves: Mapping[str, Curve]) -> dict[str, float]:
    """Where each curve ends, the highest first: the median of its last points, because one reading is noise."""
    ends = {name: float(np.median(curve.y[-_num_last(curve) :])) for name, curve in curves.items()}
    return dict(sorted(ends.items(), key=lambda item: -item[1]))


def _num_last(curve: Curve) -> int:
    return max(1, round(WINDOW_SHARE * len(curve.y)))
