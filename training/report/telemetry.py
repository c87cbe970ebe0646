"""Learning rates and dead units of the subnets over the steps."""

from collections.abc import Mapping

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
from training.report.series import series
from training.telemetry import ALARM_SHARE

RATE_SHOWS = (
    "Every subnet is moved by its own rate. Good: heads of rare labels are not faster than the rest, and a rate that "
    "changes does so where you meant it to."
)
DEAD_SHOWS = (
    "Share of hidden units that were zero for every row of a batch: such a unit passes nothing on and no longer "
    f"learns. Good: low and flat. Above the red line ({ALARM_SHARE:.0%}) in two readings in a row an alarm is raised; "
    "the way out is a lower learning rate or a smooth activation."
)


def telemetry_pictures(history: History) -> list[Picture]:
    """What was read of the subnets; nothing where there is no reading."""
    rates = series(history.readings, lambda reading: reading.learning_rates)
    shares = series(history.readings, lambda reading: reading.dead_unit_shares)
    rates = {name: curve for name, curve in rates.items() if curve.y.min() > 0}
    return [*([_rates(rates)] if rates else []), *([_dead_units(shares)] if shares else [])]


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


def _dead_units(shares: Mapping[str, Curve]) -> Picture:
    figure, axes = new_axes("step", "dead hidden units")
    axes.axhline(ALARM_SHARE, color=BAD, linewidth=1.2, linestyle=(0, (4, 3)), label="alarm")
    for index, (name, curve) in enumerate(shares.items()):
        lone = "o" if len(curve.x) == 1 else None
        axes.plot(curve.x, curve.y, color=colour_of(index), linewidth=1.6, marker=lone, label=name)
    axes.set_ylim(-0.02, max(0.75, *(1.08 * float(curve.y.max()) for curve in shares.values())))
    axes.yaxis.set_major_formatter(lambda value, _: percent(value))
    count_steps(axes)
    add_legend(axes, columns=2)
    worst = max(shares, key=lambda name: float(shares[name].y[-1]))
    found = f"Highest at the last reading: {worst} with {shares[worst].y[-1]:.0%}."
    return finished(figure, "Dead units", DEAD_SHOWS, found)
