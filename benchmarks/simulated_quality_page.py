"""The section of benchmarks/simulated_quality.py in docs/results.md: tables of five seeds, and a verdict on each demand."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from training.evaluation.interval import mean_interval

Record = dict[str, Any]
TASKS = ("click", "dwell", "conversion")
WANTED_CAPTURED = {"click": 0.90, "conversion": 0.80}
WANTED_COVERAGE, WANTED_TOTAL, WANTED_PLACEMENT = (0.88, 0.92), (0.98, 1.02), (0.9, 1.1)
WANTED_BASE_RATE = 0.01
TITLES = {
    "established": "An established product: 1,000 users, 300 items, 10% clicks, 10% conversions",
    "default": "The simulator's default world: 10,000 users, 2,000 items, 4% clicks, 5% conversions",
}


def section(found: dict[str, list[Record]]) -> str:
    """Tables and verdicts.

    Args:
        found: a record a seed, by world, and of the training with thinned negatives as `sampled`.
    """
    lines: list[str] = []
    for world in (world for world in TITLES if world in found):
        lines += [f"**{TITLES[world]}**", "", *_world(found[world]), ""]
    if "sampled" in found:
        lines += ["**Trained on a tenth of the negatives, established product**", "", *_sampled(found), ""]
    return "\n".join(lines)


def _world(records: Sequence[Record]) -> list[str]:
    lines = [
        f"Seeds: {len(records)}. Test rows: {_of(records, 'click', 'rows')[0]:,}. One training takes "
        f"{median(record['seconds'] for record in records) / 60:.1f} minutes of one core.",
        "",
        "| measure | head | median | mean, 95% interval | lowest | highest |",
        "|---|---|---|---|---|---|",
    ]
    for title, read, digits in MEASURES:
        lines += [_row(title, task, [read(r["tasks"][task]) for r in records], digits) for task in TASKS]
    return [*lines[:-3], *_coverage(records), *_placements(records), "", *_verdicts(records)]


def _row(title: str, task: str, values: Sequence[float], digits: int) -> str:
    numbers = " | ".join(f"{value:.{digits}f}" for value in (min(values), max(values)))
    return f"| {title} | {task} | {median(values):.{digits}f} | {mean_interval(values).text(digits)} | {numbers} |"
