"""The task graph as boxes and arrows, from top to bottom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from models.config import ModelConfig
from models.heads import Task
from training.evaluation.edges import EdgeUse
from training.report.edges import gain_label

BOX_WIDTH, BOX_HEIGHT = 132, 42
COLUMN_WIDTH, ROW_HEIGHT, MARGIN = 168, 88, 56
SHIFT = 14
"""A pair of tasks may have two arrows: half the distance between them."""
LABEL_WIDTH = 52
"""What stands beside an arrow on the outside needs so much."""


@dataclass(frozen=True)
class Box:
    """A task; x and y are its upper left corner."""

    name: str
    kind: str
    x: float
    y: float


@dataclass(frozen=True)
class Arrow:
    """From the task that is read, or that decides, to the one that depends on it."""

    kind: Literal["reads", "reads-stopped", "observed"]
    path: str
    middle: tuple[float, float]
    """Where the stop of the gradient is drawn, and beside it the label."""
    label: str = ""
    """What the reader makes of the estimate."""


@dataclass(frozen=True)
class Drawing:
    """Boxes, arrows and the size of the picture."""

    width: float
    height: float
    boxes: list[Box]
    arrows: list[Arrow]


def draw_graph(model: ModelConfig, uses: Sequence[EdgeUse] = ()) -> Drawing:
    """Each task one level below the deepest task that it depends on.

    Args:
        model: whose tasks are drawn.
        uses: what is written beside the arrows, where it was measured.
    """
    tasks = {task.name: task for task in model.tasks}
    levels: dict[str, int] = {}
    for name in tasks:
        _level(name, tasks, levels)
    rows = [[name for name in tasks if levels[name] == level] for level in range(max(levels.values()) + 1)]
    widest = max(map(len, rows))
    boxes = {
        name: Box(
            name,
            tasks[name].kind,
            MARGIN + (widest - len(row)) * COLUMN_WIDTH / 2 + index * COLUMN_WIDTH,
            4 + level * ROW_HEIGHT,
        )
        for level, row in enumerate(rows)
        for index, name in enumerate(row)
    }
    labels = {(use.reader, use.read): gain_label(use) for use in uses}
    arrows = [arrow for task in model.tasks for arrow in _arrows(task, boxes, levels, labels)]
    width = 2 * MARGIN + (widest - 1) * COLUMN_WIDTH + BOX_WIDTH + (LABEL_WIDTH if labels else 0)
    return Drawing(width, (len(rows) - 1) * ROW_HEIGHT + BOX_HEIGHT + 8, list(boxes.values()), arrows)


def _level(name: str, tasks: Mapping[str, Task], levels: dict[str, int]) -> int:
    """Depth below the tasks it depends on; the two kinds of edge may disagree, then the first one met decides."""
    if name not in levels:
        levels[name] = 0
        task = tasks[name]
        above = [edge.task for edge in task.reads] + ([task.observed_when] if task.observed_when else [])
        levels[name] = max((_level(other, tasks, levels) + 1 for other in above), default=0)
    return levels[name]


def _arrows(
    task: Task, boxes: Mapping[str, Box], levels: Mapping[str, int], labels: Mapping[tuple[str, str], str]
) -> list[Arrow]:
    target, arrows = boxes[task.name], []
    for edge in task.reads:
        path, middle = _path(boxes[edge.task], target, levels[task.name] - levels[edge.task], 1)
        kind: Literal["reads", "reads-stopped"] = "reads-stopped" if edge.stop_gradient else "reads"
        arrows.append(Arrow(kind, path, middle, labels.get((task.name, edge.task), "")))
    if task.observed_when:
        path, middle = _path(boxes[task.observed_when], target, levels[task.name] - levels[task.observed_when], -1)
        arrows.append(Arrow("observed", path, middle))
    return arrows


def _path(source: Box, target: Box, depth: int, side: int) -> tuple[str, tuple[float, float]]:
    """A path and its middle: straight down to the next level, around the boxes between where there are some."""
    if depth == 1:
        x1, x2 = source.x + BOX_WIDTH / 2 + side * SHIFT, target.x + BOX_WIDTH / 2 + side * SHIFT
        y1, y2 = source.y + BOX_HEIGHT, target.y - 2
        bend = (y1 + y2) / 2
        return f"M{x1:g} {y1:g} C{x1:g} {bend:g} {x2:g} {bend:g} {x2:g} {y2:g}", ((x1 + x2) / 2, bend)
    edge = BOX_WIDTH if side > 0 else 0
    x1, x2 = source.x + edge, target.x + edge + 2 * side
    y1, y2 = source.y + BOX_HEIGHT / 2, target.y + BOX_HEIGHT / 2
    outer = (max(x1, x2) if side > 0 else min(x1, x2)) + side * 52
    return f"M{x1:g} {y1:g} C{outer:g} {y1:g} {outer:g} {y2:g} {x2:g} {y2:g}", (
        (x1 + x2) / 8 + 0.75 * outer,
        (y1 + y2) / 2,
    )
