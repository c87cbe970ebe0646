"""The tables of docs/results.md."""

import json
import statistics
from collections.abc import Mapping, Sequence

from benchmarks.quality.results import Result
from benchmarks.quality.systems import OURS, TITLES

METRICS = {
    "Order: AUC, or XAUC of a duration; more is better": ("auc", "xauc"),
    "Loss after Platt scaling on the validation day, or RMSE of log1p seconds; less is better": (
        "log_loss_platt",
        "rmse_log1p",
    ),
    "Log loss as the system gives it; ours is calibrated on the validation day": ("log_loss",),
}
Found = Mapping[str, Sequence[Result]]


def section(found: Found, num_test: int) -> str:
    """Everything that was measured.

    Args:
        found: by system, its trainings; systems without any are left out.
        num_test: rows of the test window.
    """
    found = {system: found[system] for system in TITLES if found.get(system)}
    tasks = list(next(iter(found.values()))[0].tasks)
    lines = [f"Rows of the test window: {num_test:,}. Median of the seeds [lowest, highest].", ""]
    for title, names in METRICS.items():
        lines += [*_table(title, found, tasks, names), ""]
    lines += [*_ahead(found, tasks), *_trainings(found), "", *_settings(found)]
    return "\n".join(lines)


def _table(title: str, found: Found, tasks: Sequence[str], names: Sequence[str]) -> list[str]:
    held = [task for task in tasks if any(name in each[0].tasks[task] for each in found.values() for name in names)]
    lines = [f"**{title}**", "", f"| | {' | '.join(held)} |", "|---" * (len(held) + 1) + "|"]
    for system, results in found.items():
        lines.append(f"| {TITLES[system]} | {' | '.join(_cell(_values(results, t, names)) for t in held)} |")
    return lines


def _values(results: Sequence[Result], task: str, names: Sequence[str]) -> list[float]:
    return [each.tasks[task][name] for each in results for name in names if name in each.tasks[task]]


def _cell(values: Sequence[float]) -> str:
    if len(values) < 2:
        return "".join(f"{value:.4f}" for value in values)
    return f"{statistics.median(values):.4f} [{min(values):.4f}, {max(values):.4f}]"


def _ahead(found: Found, tasks: Sequence[str]) -> list[str]:
    """Median of ours less the best median of all peers."""
    peers = [results for system, results in found.items() if system != OURS]
    if OURS not in found or not peers:
        return []
    lines = [
        "**Ours less the best peer of each column, medians**",
        "",
        "| | order | loss after scaling |",
        "|---|---|---|",
    ]
    order, loss = list(METRICS.values())[:2]
    for task in tasks:
        cells = []
        for names, best in ((order, max), (loss, min)):
            ours = statistics.median(_values(found[OURS], task, names))
            cells.append(f"{ours - best(statistics.median(_values(each, task, names)) for each in peers):+.4f}")
        lines.append(f"| {task} | {' | '.join(cells)} |")
    return [*lines, ""]


def _trainings(found: Found) -> list[str]:
    lines = ["| | trainings | seconds each, one thread | of the processor | versions |", "|---|---|---|---|---|"]
    for system, results in found.items():
        seconds = statistics.median(each.seconds for each in results)
        processor = statistics.median(each.processor_seconds for each in results)
        versions = ", ".join(f"{name} {number}" for name, number in results[0].versions.items())
        lines.append(f"| {TITLES[system]} | {len(results)} | {seconds:,.0f} | {processor:,.0f} | {versions} |")
    return lines


def _settings(found: Found) -> list[str]:
    lines = []
    for system, results in found.items():
        told = "; ".join(f"{name} {_text(value)}" for name, value in results[0].settings.items())
        lines.append(f"- {TITLES[system]}: {told}.")
    notes = dict.fromkeys(note for results in found.values() for note in results[0].notes)
    return [*lines, *(f"- {note}" for note in notes)]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")
