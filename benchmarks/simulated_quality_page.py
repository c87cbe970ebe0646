"""The section of benchmarks/simulated_quality.py in docs/results.md: tables over the seeds, and verdicts."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from training.evaluation.interval import mean_interval

Record = dict[str, Any]
TASKS = ("click", "dwell", "conversion")
WANTED_CAPTURED = {"click": 0.90, "conversion": 0.80}
WANTED_COVERAGE, WANTED_TOTAL, WANTED_PLACEMENT = (0.88, 0.92), (0.98, 1.02), (0.9, 1.1)
WANTED_BASE_RATE = (0.99, 1.01)
TITLES = {
    "established": "An established product: 1,000 users, 300 items, 20% clicks, 20% conversions",
    "default": "The simulator's default world: 10,000 users, 2,000 items, 4% clicks, 5% conversions",
}
RATIOS = {"over_observed": "predicted/observed", "over_true": "predicted/true"}
HEAD = ["| measure | head | median | mean, 95% interval | lowest | highest |", "|---|---|---|---|---|---|"]


def section(found: dict[str, list[Record]]) -> str:
    """Tables and verdicts.

    Args:
        found: by world a record a seed, and as `sampled` those of the trainings with thinned negatives.
    """
    lines: list[str] = []
    for world in (world for world in TITLES if world in found):
        lines += [f"**{TITLES[world]}**", "", *_world(found[world]), ""]
    if "sampled" in found:
        lines += ["**The established product, trained on a tenth of click's negatives**", ""]
        lines += _sampled(found["established"], found["sampled"])
    return "\n".join(lines)


def _world(records: Sequence[Record]) -> list[str]:
    """What was measured of one world, and the verdicts."""
    minutes = median(record["seconds"] for record in records) / 60
    events = ", ".join(f"{median(_of(records, task, 'rows')):,.0f} rows of {task}" for task in TASKS)
    lines = [f"Seeds: {len(records)}. Test window: {events}. One training: {minutes:.1f} minutes.", "", *HEAD]
    lines += [_row("captured", task, _metric(records, task, "captured")) for task in TASKS]
    lines.append(_row("90% interval covers", "dwell", _metric(records, "dwell", "coverage")))
    for key, title in RATIOS.items():
        lines += [_row(title, task, _of(records, task, key)) for task in TASKS]
    return [*lines, "", *_placements(records), "", *_verdicts(records)]


def _placements(records: Sequence[Record]) -> list[str]:
    """Medians over the seeds in each placement, beside what chance alone leaves of the labels' sum."""
    cells = [f"{task} {title}" for task in TASKS for title in ("pred./obs.", "pred./true", "chance")]
    lines = [f"| placement | {' | '.join(cells)} |", "|---" * (len(cells) + 1) + "|"]
    for place in _places(records):
        values = [median(_in(records, task, place, key)) for task in TASKS for key in (*RATIOS, "chance")]
        marked = [f"± {value:.3f}" if index % 3 == 2 else f"{value:.3f}" for index, value in enumerate(values)]
        lines.append(f"| {place} | {' | '.join(marked)} |")
    return lines


def _verdicts(records: Sequence[Record]) -> list[str]:
    """One line a demand; medians decide, and how many seeds agree is said."""
    lines = [
        _verdict(f"at least {wanted:.0%} captured for {task}", _metric(records, task, "captured"), (wanted, 9.0))
        for task, wanted in WANTED_CAPTURED.items()
    ]
    lines.append(_verdict("dwell interval covers 88-92%", _metric(records, "dwell", "coverage"), WANTED_COVERAGE))
    for key, title in RATIOS.items():
        for task in TASKS:
            values = _of(records, task, key)
            chance = f" (one standard deviation by chance: {median(_of(records, task, 'chance')):.3f})"
            demand = f"{title} of {task} 0.98-1.02{chance if key == 'over_observed' else ''}"
            lines.append(_verdict(demand, values, WANTED_TOTAL))
    return [*lines, *_placement_verdicts(records)]


def _placement_verdicts(records: Sequence[Record]) -> list[str]:
    """Every placement's median has to lie within; how many single ones do is said."""
    low, high = WANTED_PLACEMENT
    lines = []
    for key, title in RATIOS.items():
        for task in TASKS:
            every = [_in(records, task, place, key) for place in _places(records)]
            medians = [median(values) for values in every]
            single = [low <= value <= high for values in every for value in values]
            met = all(low <= value <= high for value in medians)
            lines.append(
                f"- {title} of {task} 0.9-1.1 in every placement: {_word(met)}, medians {min(medians):.3f} to "
                f"{max(medians):.3f}; {sum(single)} of {len(single)} placements of single seeds."
            )
    return lines


def _sampled(whole: Sequence[Record], sampled: Sequence[Record]) -> list[str]:
    """Predicted over true with and without the other negatives, before and after calibration."""
    keys = {"plain_over_true": "predicted/true, uncalibrated", "over_true": "predicted/true, calibrated"}
    keys |= {"over_observed": "predicted/observed, calibrated"}
    lines = ["| negatives " + HEAD[0], "|---" + HEAD[1]]
    for title, records in (("all", whole), ("a tenth", sampled)):
        lines += [
            f"| {title} {_row(name, task, _of(records, task, key))}" for key, name in keys.items() for task in TASKS
        ]
        lines += [f"| {title} {_row('captured', task, _metric(records, task, 'captured'))}" for task in TASKS]
    lines.append("")
    for key in ("plain_over_true", "over_true"):
        for task in TASKS:
            lines.append(_verdict(f"{keys[key]}, of {task} within 1%", _of(sampled, task, key), WANTED_BASE_RATE))
    return lines


def _verdict(demand: str, values: Sequence[float], wanted: tuple[float, float]) -> str:
    low, high = wanted
    agree = sum(low <= value <= high for value in values)
    return (
        f"- {demand}: {_word(low <= median(values) <= high)}, median {median(values):.3f}; "
        f"{agree} of {len(values)} seeds."
    )


def _word(met: bool) -> str:
    return "met" if met else "missed"


def _row(title: str, task: str, values: Sequence[float]) -> str:
    ends = f"{min(values):.4f} | {max(values):.4f}"
    return f"| {title} | {task} | {median(values):.4f} | {mean_interval(values).text()} | {ends} |"


def _of(records: Sequence[Record], task: str, key: str) -> list[float]:
    return [record["tasks"][task][key] for record in records]


def _metric(records: Sequence[Record], task: str, key: str) -> list[float]:
    return [record["tasks"][task]["metrics"][key] for record in records]


def _in(records: Sequence[Record], task: str, place: str, key: str) -> list[float]:
    """Of the seeds in which somebody was seen there."""
    of = (record["tasks"][task]["placements"].get(place) for record in records)
    return [found[key] for found in of if found is not None]


def _places(records: Sequence[Record]) -> list[str]:
    return list(records[0]["tasks"]["click"]["placements"])
