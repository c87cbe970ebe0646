"""The pictures of a search: how it went, which settings matter, and what each of their values gave."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from training.report.figure import BAD, FAINT, INK, Picture, colour_of, finished, new_axes
from training.tuning.parameters import ChoiceParameter, IntegerParameter, LogFloatParameter, Parameter
from training.tuning.record import TrialRecord, winner
from training.tuning.search import Searched
from training.tuning.words import value_words

_HIGHEST = 4.0
"""Losses further above the best than so many times the median's distance are drawn at the upper edge."""
_SHOWN_CHOICES = 14
"""Characters of a choice below its column."""


def progress_picture(records: Sequence[TrialRecord]) -> Picture | None:
    """The scores of all trials, and the lowest so far; None where no trial was trained to its end."""
    top = _top(records)
    if top is None:
        return None
    figure, axes = new_axes("trial", "validation loss")
    _dots(axes, [(float(each.number), each) for each in records], winner(records), top)
    lowest, line = math.inf, []
    for each in records:
        if each.state == "finished" and each.score is not None:
            lowest = min(lowest, each.score)
        line.append(lowest)
    axes.step([each.number for each in records], line, where="post", color=colour_of(2), linewidth=1.8)
    axes.axhline(line[0], color=FAINT, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    shows = (
        "A dot is a trial, a cross one that was given up, a triangle one above the picture. Green: the lowest so far."
    )
    return finished(figure, "Best so far", shows)


def importance_picture(importances: dict[str, float]) -> Picture:
    """The share of each setting in how scores vary."""
    figure, axes = new_axes("share of the variation", "")
    names = list(importances)[::-1]
    axes.barh(range(len(names)), [importances[name] for name in names], color=colour_of(0), height=0.6)
    axes.set_yticks(range(len(names)), [_ending(name, 26) for name in names], fontsize=8.5)
    axes.set_xlim(0, 1)
    figure.subplots_adjust(left=0.45)
    shows = (
        "How much of the variation of the scores goes with each setting, by a random forest over the trials that were "
        "trained to their end (fANOVA). With few trials it is a hint and no more."
    )
    return finished(figure, "What matters", shows)


def slice_picture(path: str, searched: Searched) -> Picture | None:
    """The scores by the values of one setting; None where no trial was trained to its end."""
    parameter, records = searched.config.tuning.space[path], searched.records
    top = _top(records)
    if top is None:
        return None
    figure, axes = new_axes(_ending(path, 40), "validation loss")
    found = [(_position(parameter, each.values[path]), each) for each in records if path in each.values]
    best = winner(records)
    _dots(axes, found, best, top)
    if isinstance(parameter, ChoiceParameter):
        labels = [_beginning(value_words(value), _SHOWN_CHOICES) for value in parameter.values]
        axes.set_xticks(range(len(labels)), labels, fontsize=7.5)
        axes.set_xlim(-0.5, len(labels) - 0.5)
    elif isinstance(parameter, LogFloatParameter):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(numticks=7))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=isinstance(parameter, IntegerParameter)))
    value = None if best is None else best.values.get(path, searched.values[path])
    shows = "A dot is a trial, a cross one that was given up. Red: the best trial."
    return finished(figure, path, shows, "" if best is None else f"Best: {value_words(value)}.")


def _dots(axes: Axes, found: Sequence[tuple[float, TrialRecord]], best: TrialRecord | None, top: float) -> None:
    scored = [(x, each) for x, each in found if each.score is not None]
    for x, each in scored:
        assert each.score is not None
        pruned, outside, is_best = each.state == "pruned", each.score > top, each is best
        marker = "^" if outside else "x" if pruned else "o"
        colour = BAD if is_best else FAINT if pruned or outside else colour_of(0)
        axes.plot([x], [min(each.score, top)], marker, color=colour, ms=7 if is_best else 5, zorder=3 if is_best else 2)
    axes.tick_params(labelcolor=INK)


def _top(records: Sequence[TrialRecord]) -> float | None:
    scores = [each.score for each in records if each.state == "finished" and each.score is not None]
    if not scores:
        return None
    lowest, middle = min(scores), float(np.median(scores))
    return lowest + _HIGHEST * (middle - lowest) if middle > lowest else max(scores)


def _position(parameter: Parameter, value: object) -> float:
    if isinstance(parameter, ChoiceParameter):
        return float(parameter.values.index(value))
    assert isinstance(value, int | float)
    return float(value)


def _ending(text: str, most: int) -> str:
    return text if len(text) <= most else f"...{text[3 - most :]}"


def _beginning(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
