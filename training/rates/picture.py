"""Draws a sweep: the run with a rising rate, the runs at one rate each, and the dead units of both, above one axis."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from training.rates.proposal import is_whole
from training.rates.runs import Point
from training.rates.sweep import Sweep
from training.rates.words import rate_text, sweep_sentence
from training.report.figure import BAD, FAINT, INK, Picture, colour_of, finished, new_axes, percent
from training.telemetry.alarms.dead_units import LIMIT as ALARM_SHARE

HIGHEST_SHOWN = 1.25
"""A run that breaks goes on far above this; what counts happened below."""


def sweep_picture(sweep: Sweep) -> Picture:
    """The picture of one subnet."""
    figure, below = new_axes("learning rate", "dead units", width=4.2, height=4.4)
    below.set_position((0.185, 0.12, 0.755, 0.17))
    upper = _beside(below, (0.185, 0.68, 0.755, 0.28), "rising rate:\nloss / start")
    middle = _beside(below, (0.185, 0.345, 0.755, 0.28), "one rate each:\nloss / start")
    upper.plot(*_line(sweep.rising), color=colour_of(0), linewidth=1.8)
    middle.plot(*_line([p for p in sweep.staying if is_whole(p)]), color=colour_of(1), linewidth=1.4, marker="o", ms=5)
    _broken(middle, sweep.staying)
    _dead_units(below, sweep)
    for axes in (upper, middle, below):
        axes.axvline(sweep.proposal.rate, color=colour_of(2), linewidth=1.8)
        axes.axvline(sweep.first_rate, color=FAINT, linewidth=1.2, linestyle=(0, (4, 3)))
    _scale(below, sweep)
    shows = f"Solid green: the proposed rate, {rate_text(sweep.proposal.rate)}. Dashed: the rate before, " + (
        f"{rate_text(sweep.first_rate)}."
    )
    return finished(figure, sweep.subnet, shows, sweep_sentence(sweep))


def _beside(axes: Axes, place: tuple[float, float, float, float], label: str) -> Axes:
    """Another pair of axes above the same rates."""
    other: Axes = axes.figure.add_axes(place, sharex=axes)
    other.set_ylabel(label, color=INK, fontsize=9.5)
    other.tick_params(colors=INK, labelsize=9, length=3, color=FAINT, labelbottom=False)
    other.grid(color="#e6e9ed", linewidth=0.8)
    other.set_axisbelow(True)
    other.yaxis.set_major_locator(MaxNLocator(4))
    for side, spine in other.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
    return other


def _line(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    seen = [(point.rate, min(point.loss, HIGHEST_SHOWN)) for point in points if point.loss is not None]
    return [rate for rate, _ in seen], [loss for _, loss in seen]


def _broken(axes: Axes, staying: Sequence[Point]) -> None:
    """Crosses for runs that broke or killed units; one that has no loss stands at the top."""
    top = max((p.loss for p in staying if p.loss is not None), default=1.0)
    crossed = [(p.rate, min(top if p.loss is None else p.loss, HIGHEST_SHOWN)) for p in staying if not is_whole(p)]
    axes.plot([rate for rate, _ in crossed], [loss for _, loss in crossed], color=BAD, marker="x", linestyle="", ms=6)


def _dead_units(axes: Axes, sweep: Sweep) -> None:
    for points, colour, style in ((sweep.rising, colour_of(0), "-"), (sweep.staying, colour_of(1), "")):
        seen = [(point.rate, point.dead_units) for point in points if point.dead_units is not None]
        marker = "" if style else "o"
        x, y = [rate for rate, _ in seen], [share for _, share in seen]
        axes.plot(x, y, color=colour, linestyle=style, marker=marker, linewidth=1.8, ms=5)
    axes.axhline(ALARM_SHARE, color=BAD, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.set_ylim(-0.05, 1.05)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))


def _scale(axes: Axes, sweep: Sweep) -> None:
    rates = [point.rate for point in [*sweep.rising, *sweep.staying]] + [sweep.proposal.rate, sweep.first_rate]
    axes.set_xscale("log")
    axes.set_xlim(min(rates) / 1.5, max(rates) * 1.5)
    axes.xaxis.set_major_locator(LogLocator(numticks=8))
    axes.xaxis.set_minor_formatter(NullFormatter())
