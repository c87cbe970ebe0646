"""What edges are worth where it is known, and whether teacher forcing helps: the tables of docs/results.md.

python -m benchmarks.edges
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from benchmarks.planted import SPLIT, write_log
from benchmarks.results_page import replace_section
from training.config import Config, load_config
from training.evaluation.edges import EdgeUse
from training.evaluation.interval import Interval, mean_interval
from training.pipeline import Run, run
from training.simulation import SimulationConfig, simulate

SEEDS = range(5, 10)
"""Others than those that the method of measuring was chosen on (training/evaluation/foreseen.py)."""
RATE = {"kind": "adamw", "learning_rate": 4e-3}
HANDED = ("output", "prediction", "representation")
READERS = {"satisfied": "has the click's cause", "slow": "has nothing to do with it"}
SHORT_STEPS, LESSONS = 150, (75, 150)
EXAMPLE = Path(__file__).parent.parent / "examples" / "simulated.toml"
FEATURES = ("user", "segment", "network"), ("item", "category")
SMALL = {"widths": [16]}
WORLD: dict[str, Any] = {
    "days": 4,
    "impressions_per_day": 20_000,
    "num_users": 2_000,
    "click_rate": 0.2,
    "conversion_rate": 0.2,
}


def planted(log: Path, seed: int, edge: Mapping[str, Any] | None, **training: Any) -> Config:
    """Click, and two tasks that read it, or do not where the edge is None."""
    reads = [] if edge is None else [{"task": "click", **edge}]
    scopes = zip(("context", "candidate"), FEATURES, strict=True)
    features = [{"name": name, "kind": "categorical", "scope": scope} for scope, names in scopes for name in names]
    battery = {"name": "battery", "kind": "numeric", "scope": "context", "encoding": "standardise"}
    tasks = [("click", "clicked", []), ("satisfied", "satisfied", reads), ("slow", "slow", reads)]
    return Config.model_validate(
        {
            "name": "planted",
            "data": {"path": str(log), "timestamp": "time", "split": SPLIT},
            "features": [*features, battery],
            "tasks": [
                {"name": name, "kind": "binary", "label": label, "reads": read, "tower": SMALL}
                for name, label, read in tasks
            ],
            "model": {
                "embedding": {"dim": 8},
                "trunk": {"kind": "mmoe", "num_experts": 2, "expert": {"widths": [32]}},
            },
            "training": {
                "batch_size": 256, "max_epochs": 4, "patience": 6, "num_threads": 1, "seed": seed,
                "optimizers": {"shared": RATE, "heads.*": RATE}, **training,
            },
        }
    )  # fmt: skip


def simulated(log: Path, seed: int, lessons: int) -> Config:
    """The example's chain for a few steps; conversion is taught what dwell was."""
    raw = load_config(EXAMPLE).with_overrides(data=str(log), seed=seed).model_dump(exclude_none=True)
    for task in raw["tasks"]:
        for edge in task["reads"]:
            edge["teacher_forcing_steps"] = lessons if edge["task"] == "dwell" else 0
    raw["training"] |= {"max_steps": SHORT_STEPS, "batch_size": 512, "num_threads": 1}
    return Config.model_validate(raw)


@dataclass(frozen=True)
class Found:
    """One training: the loss of each task on the test window, in the base rate's, and what its edges are worth."""

    losses: dict[str, float]
    uses: dict[str, EdgeUse]


def trained(config: Config) -> Found:
    finished: Run = run(config, Console(file=io.StringIO()))
    losses = {}
    for name, task in finished.evaluation.tasks.items():
        own = "log_loss" if task.kind == "binary" else "rmse_log1p"
        losses[name] = float(task.metrics[own] or 0) / float(task.base[own] or 1)
    return Found(losses, {use.reader: use for use in finished.trained.edges})


def in_percent(values: Sequence[float], digits: int = 2) -> str:
    found = mean_interval([100 * value for value in values])
    return f"{found.mean:+.{digits}f}% [{found.low:+.{digits}f}, {found.high:+.{digits}f}]"


def edge_table(handed: Mapping[str, list[Found]], without: list[Found]) -> str:
    lines = [
        "| reader | hands on | not told | runs that claim a use | scrambled | trained without the edge |",
        "|---|---|---|---|---|---|",
    ]
    for reader, what in READERS.items():
        for hands_on, found in handed.items():
            uses = [each.uses[reader] for each in found]
            claims = sum(use.verdict == "used" for use in uses)
            cells = [
                in_percent([share(use, use.told) for use in uses], 3),
                f"{claims} of {len(uses)}",
                in_percent([share(use, use.scrambled) for use in uses]),
                in_percent(
                    [
                        bare.losses[reader] / with_it.losses[reader] - 1
                        for bare, with_it in zip(without, found, strict=True)
                    ]
                ),
            ]
            lines.append(f"| `{reader}` ({what}) | `{hands_on}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def share(use: EdgeUse, gain: Interval | None) -> float:
    assert gain is not None
    assert use.loss is not None
    return gain.mean / use.loss


def lesson_table(rows: Mapping[str, tuple[str, list[Found], list[Found]]]) -> str:
    """Paired by seed: what the reader's loss gains by lessons, below zero where they help."""
    lines = ["| run | reader | loss without lessons | with lessons, in parts of it |", "|---|---|---|---|"]
    for title, (reader, taught, untaught) in rows.items():
        losses = [each.losses[reader] for each in untaught]
        change = [each.losses[reader] / loss - 1 for each, loss in zip(taught, losses, strict=True)]
        lines.append(f"| {title} | `{reader}` | {mean_interval(losses).text(4)} | {in_percent(change)} |")
    return "\n".join(lines)


def main() -> None:
    handed: dict[str, list[Found]] = {hands_on: [] for hands_on in HANDED}
    without: list[Found] = []
    short: dict[int, list[Found]] = {steps: [] for steps in (0, *LESSONS)}
    long: list[Found] = []
    example: dict[int, list[Found]] = {steps: [] for steps in (0, *LESSONS)}
    with TemporaryDirectory() as folder:
        for seed in SEEDS:
            log = write_log(Path(folder) / f"planted-{seed}", seed)
            for hands_on, found in handed.items():
                found.append(trained(planted(log, seed, {"hands_on": hands_on})))
            without.append(trained(planted(log, seed, None)))
            long.append(trained(planted(log, seed, {"teacher_forcing_steps": 2 * SHORT_STEPS})))
            for steps, found in short.items():
                found.append(trained(planted(log, seed, {"teacher_forcing_steps": steps}, max_steps=SHORT_STEPS)))
            world = Path(folder) / f"simulated-{seed}"
            simulate(SimulationConfig(seed=seed, **WORLD), world)
            for steps, found in example.items():
                found.append(trained(simulated(world, seed, steps)))
            print(f"seed {seed} done", flush=True)
    lessons: dict[str, tuple[str, list[Found], list[Found]]] = {}
    for steps in LESSONS:
        lessons[f"planted, {SHORT_STEPS} steps, lessons in {steps}"] = ("satisfied", short[steps], short[0])
    lessons[f"planted, to the end, lessons in {2 * SHORT_STEPS}"] = ("satisfied", long, handed["output"])
    for steps in LESSONS:
        lessons[f"simulated, {SHORT_STEPS} steps, lessons in {steps}"] = ("conversion", example[steps], example[0])
    text = f"{edge_table(handed, without)}\n\n{lesson_table(lessons)}"
    print(text)
    replace_section("edges", text)


if __name__ == "__main__":
    main()
