"""Learning rates and dead units of the subnets over the steps."""

from collections.abc import Mapping, Sequence

from training.history import History
from training.report.curves import Curve
from training.report.figure import (
    BAD,
    Picture,
    add_legend,
    colour_of,
    count_steps,
    finished,
    new_axes,
    percent,
)
from training.report.noisy import Words, last_values, noisy_picture
from training.report.series import series
from training.telemetry.alarms.dead_units import LIMIT as ALARM_SHARE
from training.telemetry.alarms.gradient_jump import LIMIT as JUMP
from training.telemetry.alarms.too_fast import LIMIT as TOO_FAST

RATE_SHOWS = (
    "Every subnet is moved by its own rate. Good: heads of rare labels are not faster than the rest, and a rate that "
    "changes does so where you meant it to."
)
DEAD_SHOWS = (
    "Share of hidden units that were zero for every row of a batch: such a unit passes nothing on and no longer "
    f"learns. Good: low and flat. Above the red line ({ALARM_SHARE:.0%}) in two readings in a row an alarm is raised; "
    "the way out is a lower learning rate or a smooth activation."
)
NORM_SHOWS = (
    "Length of each subnet's gradient before its step; of the embeddings only the rows of the batch. It grows while "
    "the embeddings take shape. Good: it levels off. One that keeps growing diverges, and a jump to "
    f"{JUMP:g} times the usual, twice in a row, is an alarm: extreme values in the log, or a rate that is too high."
)
RATIO_SHOWS = (
    "How far a step moves a subnet, as a share of its weights' length. Good: networks near 0.001 to 0.01, embeddings "
    "ten times that, both falling slowly. A subnet far below the others hardly learns; above "
    f"{TOO_FAST:.0%} a step replaces what it learned (embeddings excepted, whose rows begin short)."
)


def telemetry_pictures(history: History) -> list[Picture]:
    """What was read of the subnets; nothing where there is no reading."""
    rates = _positive(series(history.readings, lambda reading: reading.learning_rates))
    shares = series(history.readings, lambda reading: reading.dead_unit_shares)
    subnets = list(dict.fromkeys(name for reading in history.readings for name in reading.learning_rates))
    norms = _positive(series(history.readings, lambda reading: _without_weighting(reading.gradient_norms)))
    ratios = _positive(series(history.readings, lambda reading: _without_weighting(reading.update_ratios)))
    pictures = [_rates(rates)] if rates else []
    if ratios:
        fastest, *_, slowest = [*last_values(ratios).items()] * 2
        found = f"At the end {fastest[0]} moves most with {fastest[1]:.2g}, {slowest[0]} least with {slowest[1]:.2g}."
        words = Words("Updates", "update / weights", RATIO_SHOWS, found)
        pictures.append(noisy_picture(ratios, words, subnets, is_log=True))
    if norms:
        words = Words("Gradient norms", "norm of the gradient", NORM_SHOWS)
        pictures.append(noisy_picture(norms, words, subnets, is_log=True))
    return [*pictures, *([_dead_units(shares, subnets)] if shares else [])]


def _positive(curves: Mapping[str, Curve]) -> dict[str, Curve]:
    """What a logarithm can show: a frozen subnet has a rate and updates of zero."""
    return {name: curve for name, curve in curves.items() if curve.y.min() > 0}


def _without_weighting(values: Mapping[str, float]) -> dict[str, float]:
    """The subnets of the network: a log-variance begins at its optimum, with a gradient of rounding errors."""
    return {name: value for name, value in values.items() if name != "weighting"}


def _rates(rates: Mapping[str, Curve]) -> Picture:
    figure, axes = new_axes("step", "learning rate")
    axes.set_yscale("log")
    for index, (names, curve) in enumerate(equal_curves(rates)):
        lone = "o" if len(curve.x) == 1 else None
        label = f"{_in_lines(names)}: {curve.y[-1]:.3g}"
        axes.plot(curve.x, curve.y, color=colour_of(index), linewidth=1.8, marker=lone, label=label)
    values = [value for curve in rates.values() for value in curve.y]
    axes.set_ylim(min(values) / 4, max(values) * 8)
    count_steps(axes)
    add_legend(axes)
    return finished(figure, "Learning rates", RATE_SHOWS)


def equal_curves(curves: Mapping[str, Curve]) -> list[tuple[list[str], Curve]]:
    """Names that share a curve, and the curve: lines on top of each other cannot be told apart."""
    groups: dict[tuple[float, ...], tuple[list[str], Curve]] = {}
    for name, curve in curves.items():
        names, _ = groups.setdefault((*curve.x, *curve.y), ([], curve))
        names.append(name)
    return list(groups.values())


def _in_lines(names: list[str], in_line: int = 2) -> str:
    lines = [", ".join(names[start : start + in_line]) for start in range(0, len(names), in_line)]
    return ",\n".join(lines)


def _dead_units(shares: Mapping[str, Curve], subnets: Sequence[str]) -> Picture:
    figure, axes = new_axes("step", "dead hidden units")
    axes.axhline(ALARM_SHARE, color=BAD, linewidth=1.2, linestyle=(0, (4, 3)), label="alarm")
    for name, curve in shares.items():
        lone = "o" if len(curve.x) == 1 else None
        axes.plot(curve.x, curve.y, color=colour_of(subnets.index(name)), linewidth=1.6, marker=lone, label=name)
    axes.set_ylim(-0.02, max(0.75, *(1.08 * float(curve.y.max()) for curve in shares.values())))
    axes.yaxis.set_major_formatter(lambda value, _: percent(value))
    count_steps(axes)
    add_legend(axes, columns=2)
    worst = max(shares, key=lambda name: float(shares[name].y[-1]))
    found = f"Highest at the last reading: {worst} with {shares[worst].y[-1]:.0%}."
    return finished(figure, "Dead units", DEAD_SHOWS, found)
