"""Two pictures a task: every seed's loss, and the configured model's difference to each baseline."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from models.heads import Task
from training.comparison.measures import shown
from training.comparison.paired import Difference, Verdict
from training.comparison.results import Comparison
from training.report.figure import BAD, FAINT, GRID, INK, Picture, finished, new_axes

GOOD = "#1f7a4a"
COLOURS: dict[Verdict, str] = {"better": GOOD, "worse": BAD}
SEEDS_SHOW = (
    "A dot is one trained model on the test window, a line their mean. Dots that lie among those of another row say "
    "that a single seed proves nothing."
)
DIFFERENCES_SHOW = (
    "The configured model's loss less the baseline's, seed by seed: left of the line the configured model loses less. "
    "Thick: other seeds on this test window. Thin: other rows too; only where all of it is on one side is a verdict "
    "spoken."
)


def pictures(comparison: Comparison, task: Task) -> list[Picture]:
    """Of one task; a picture that would be empty is left out."""
    return [each for each in (_seeds(comparison, task), _differences(comparison, task)) if each is not None]


def _seeds(comparison: Comparison, task: Task) -> Picture | None:
    rows = [comparison.configured, *comparison.rivals]
    measure = shown(task.kind, "loss")
    values = [[n.value for n in row.numbers(task.name, "loss").values() if n.value is not None] for row in rows]
    if not any(values):
        return None
    figure, axes = _axes([row.variant.title for row in rows], f"{measure.title.lower()}, {task.name}")
    for position, found in enumerate(values):
        colour = INK if position == 0 else FAINT
        axes.plot(found, [position] * len(found), "o", color=colour, markersize=5, alpha=0.75, markeredgewidth=0)
        if found:
            mean = float(np.mean(found))
            axes.plot([mean, mean], [position - 0.3, position + 0.3], color=colour, linewidth=1.8)
    return finished(figure, "Loss, seed by seed", SEEDS_SHOW)


def _differences(comparison: Comparison, task: Task) -> Picture | None:
    found = [(row.variant.title, comparison.against(row, task, "loss")) for row in comparison.rivals]
    found = [(title, each) for title, each in found if each.mean is not None]
    if not found:
        return None
    figure, axes = _axes([title for title, _ in found], "configured less baseline")
    axes.axvline(0, color=INK, linewidth=1)
    for position, (_, each) in enumerate(found):
        _draw(axes, position, each)
    reach = max(abs(edge) for _, each in found for edge in _edges(each)) or 1.0
    axes.set_xlim(-1.12 * reach, 1.12 * reach)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}" if value else "0"))
    return finished(figure, "Difference of the loss", DIFFERENCES_SHOW)


def _draw(axes: Axes, position: int, each: Difference) -> None:
    """One baseline's interval."""
    assert each.mean is not None
    colour = COLOURS.get(each.verdict, FAINT)
    for half_width, linewidth in ((each.half_width, 1.6), (each.seeds_half_width, 5.0)):
        if half_width is not None:
            ends = [each.mean - half_width, each.mean + half_width]
            axes.add_line(Line2D(ends, [position, position], color=colour, linewidth=linewidth))
    axes.plot([each.mean], [position], "o", color=INK, markersize=5)


def _edges(each: Difference) -> tuple[float, ...]:
    assert each.mean is not None
    half_widths = [width for width in (each.half_width, each.seeds_half_width) if width is not None]
    return tuple(abs(each.mean) + width for width in half_widths or [0.0])


def _axes(titles: Sequence[str], x_label: str) -> tuple[Figure, Axes]:
    """A row a title, the first on top."""
    figure, axes = new_axes(x_label, "")
    figure.subplots_adjust(left=0.34)
    axes.set_yticks(range(len(titles)), titles)
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    for position in range(1, len(titles)):
        axes.axhline(position - 0.5, color=GRID, linewidth=0.8)
    return figure, axes
