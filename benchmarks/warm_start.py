"""Retraining every day: from the champion with the newest day alone, beside from scratch with the whole window.

[KUAIRAND=folder/of/impressions] python -m benchmarks.warm_start [--seeds 3] [--log simulated] [--log kuairand]

A first champion learns from the first days. Then, day after day, each way has one more day: `scratch` trains a new
model on all days of its window, `champion` trains its own last version on with the newest day. The day after it is for
validation and calibration, the one after that measures all ways, on the same rows. The cost is what the process takes
of its processors from the log to the calibrated model, and the rows that steps were made on.
"""

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.dataset as ds
from rich.console import Console

from benchmarks.growth import quiet
from benchmarks.results_page import replace_section
from models.checkpoint import load_checkpoint
from models.heads import BinaryTask
from training.config import Config, load_config
from training.data.config import SplitConfig
from training.evaluation.binary import normalised_entropy
from training.evaluation.interval import mean_interval
from training.evaluation.scored import Scored
from training.growth import GrowthConfig
from training.pipeline import evaluated, fit, measure, prepare, save
from training.simulation import SimulationConfig, simulate

EXAMPLES = Path(__file__).parent.parent / "examples"
SECTIONS = {"simulated": "warm_start", "kuairand": "warm_start_kuairand"}
"""By log, its part of the page."""
SCRATCH, CHAMPION, FROZEN = "from scratch, on the window", "from the champion, on the newest day", "never retrained"
WORLD = {
    "days": 34, "impressions_per_day": 20_000, "num_users": 3_000, "num_items": 600, "click_rate": 0.15,
    "new_user_share": 0.02, "new_item_share": 0.03, "drift_per_day": 0.02,
}  # fmt: skip
FIRST = date(2026, 1, 1)
TIMES_CHEAPER, MORE_ENTROPY = 4.0, 0.002
"""What warm starting was hoped to reach."""


@dataclass(frozen=True)
class Log:
    """A log by days.

    Attributes:
        title: for people.
        config: with the log; its split is replaced day by day.
        days: what each is called in the split, oldest first, and its rows.
        window: days that a training from scratch reads.
    """

    title: str
    config: Config
    days: Mapping[str, int]
    window: int

    @property
    def newest(self) -> range:
        """The newest day of each retraining: after the first champion's days, with two more behind it."""
        return range(self.window, len(self.days) - 2)

    def of(self, seed: int, first: int, last: int) -> Config:
        """Training on these days, both included; the next one validates, the one after it measures."""
        config, names = self.config.with_overrides(seed=seed), list(self.days)
        split = SplitConfig(
            column=config.data.split.column,
            train_from=names[first],
            validation_from=names[last + 1],
            test_from=names[last + 2],
        )
        cache = config.data.cache.model_copy(update={"enabled": False})
        training = config.training.model_copy(update={"growth": GrowthConfig()})
        evaluation = config.evaluation.model_copy(update={"unseen": (), "slice_by": (), "group_by": None})
        data = config.data.model_copy(update={"split": split, "cache": cache})
        return config.model_copy(update={"data": data, "training": training, "evaluation": evaluation})


@dataclass(frozen=True)
class Measured:
    """One way on one day: processor seconds, rows that steps were made on, normalised entropy by head."""

    seconds: float
    rows: int
    entropies: Mapping[str, float]


def entropies(log: Log, found: Scored, day: int) -> dict[str, float]:
    """Of the heads with a probability, on this day alone: the test window goes on to the log's end."""
    of_day = np.arange(len(found)) < list(log.days.values())[day]
    values = {}
    for task in log.config.tasks:
        if isinstance(task, BinaryTask):
            counted = found.rows(of_day).observed(task)
            value = normalised_entropy(counted.labels[task.name], counted.predictions[task.name])
            assert value is not None, f"{task.name} has one outcome only on {list(log.days)[day]}"
            values[task.name] = value
    return values


def trained(log: Log, config: Config, parent: Path | None, day: int, folder: Path) -> tuple[Measured, Path]:
    """A finished training, measured two days after its newest, and its version."""
    started = time.process_time()
    prepared = prepare(config, quiet(), parent)
    found = fit(prepared, quiet())
    seconds = time.process_time() - started
    done = evaluated(prepared, found)
    return Measured(seconds, found.history.num_rows, entropies(log, done.scored, day + 2)), save(done, folder, {})


def played(log: Log, seed: int, home: Path) -> dict[str, list[Measured]]:
    """By way, one training a day."""
    _, first = trained(log, log.of(seed, 0, log.window - 1), None, log.window - 1, home / "first")
    predictor, manifest = load_checkpoint(first)
    champion = first
    found: dict[str, list[Measured]] = {SCRATCH: [], CHAMPION: [], FROZEN: []}
    for day in log.newest:
        anew, _ = trained(log, log.of(seed, day - log.window + 1, day), None, day, home / "scratch")
        on, champion = trained(log, log.of(seed, day, day), champion, day, home / "champion")
        frozen = measure(log.of(seed, day, day), predictor, manifest).scored
        found[SCRATCH].append(anew)
        found[CHAMPION].append(on)
        found[FROZEN].append(Measured(0.0, 0, entropies(log, frozen, day + 2)))
    return found


def mean_entropy(days: Sequence[Measured], head: str) -> float:
    return float(np.mean([day.entropies[head] for day in days]))


def more(found: Sequence[Mapping[str, Sequence[Measured]]], title: str, head: str) -> list[float]:
    """By seed, what a way's normalised entropy is above that from scratch, as a share of it."""
    return [mean_entropy(each[title], head) / mean_entropy(each[SCRATCH], head) - 1 for each in found]


def page(log: Log, found: Sequence[Mapping[str, Sequence[Measured]]]) -> str:
    """What one log came to."""
    heads = list(found[0][SCRATCH][0].entropies)
    cost = {
        (title, what): float(np.mean([getattr(day, what) for each in found for day in each[title]]))
        for title in found[0]
        for what in ("seconds", "rows")
    }
    lines = [
        f"**{log.title}**: a window of {log.window} days, {len(log.newest)} days of retraining, seeds: {len(found)}.\n",
        "| each day | rows trained on | processor seconds | " + " | ".join(f"`{head}`" for head in heads) + " |",
        "|---|---|---|" + "---|" * len(heads),
    ]
    for title in found[0]:
        cells = [f"{cost[title, 'rows']:,.0f}", f"{cost[title, 'seconds']:.1f}"]
        for head in heads:
            value = np.mean([mean_entropy(each[title], head) for each in found])
            apart = "" if title == SCRATCH else f" ({_percent(more(found, title, head))})"
            cells.append(f"{value:.4f}{apart}")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", verdict(cost, found, heads)])


def verdict(
    cost: Mapping[tuple[str, str], float], found: Sequence[Mapping[str, Sequence[Measured]]], heads: Sequence[str]
) -> str:
    """Whether the target was reached, in words; of each head by the interval over seeds, for lack of one not shown."""
    rows, seconds = (cost[SCRATCH, what] / cost[CHAMPION, what] for what in ("rows", "seconds"))
    cheaper = "reached" if min(rows, seconds) >= TIMES_CHEAPER else "not reached"
    as_good = "; ".join(f"`{head}` {_as_good(more(found, CHAMPION, head))}" for head in heads)
    return (
        f"From the champion: {rows:.1f} times fewer rows and {seconds:.1f} times fewer processor seconds "
        f"({TIMES_CHEAPER:g} times cheaper: {cheaper}). Normalised entropy within {MORE_ENTROPY:.1%}: {as_good}."
    )


def _as_good(apart: Sequence[float]) -> str:
    found = mean_interval(apart)
    reached = "reached" if found.high <= MORE_ENTROPY else "not shown" if found.low <= MORE_ENTROPY else "not reached"
    return f"{_percent(apart)}, {reached}"


def _percent(values: Sequence[float]) -> str:
    found = mean_interval(values)
    return f"{found.mean:+.2%}" + (f" [{found.low:+.2%}, {found.high:+.2%}]" if len(values) > 1 else "")


def simulated(folder: Path, seed: int) -> Log:
    """A log of its own for each seed."""
    made = SimulationConfig.model_validate({**WORLD, "seed": seed})
    simulate(made, folder)
    days = {str(FIRST + timedelta(days=day)): made.impressions_per_day for day in range(made.days)}
    config = load_config(EXAMPLES / "simulated.toml").with_overrides(data=str(folder))
    return Log("Simulated", config, days, window=28)


def kuairand(folder: Path) -> Log:
    rows = {day.name.removeprefix("date="): ds.dataset(day).count_rows() for day in sorted(folder.glob("date=*"))}
    config = load_config(EXAMPLES / "kuairand.toml").with_overrides(data=str(folder))
    return Log("KuaiRand", config, rows, window=7)


def measured(name: str, seeds: int, home: Path, console: Console) -> None:
    """Measure one log; its part of the page is written after every seed."""
    found = []
    for seed in range(seeds):
        folder = home / f"{name}-{seed}"
        log = simulated(folder / "log", seed) if name == "simulated" else kuairand(Path(os.environ["KUAIRAND"]))
        found.append(played(log, seed, folder))
        console.print(page(log, found), markup=False, soft_wrap=True)
        replace_section(SECTIONS[name], page(log, found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--log", action="append", choices=tuple(SECTIONS))
    arguments = parser.parse_args()
    console = Console()
    for name in arguments.log or SECTIONS:
        if name == "kuairand" and "KUAIRAND" not in os.environ:
            console.print("KuaiRand is skipped: set KUAIRAND to the folder of its impressions")
            continue
        with TemporaryDirectory() as folder:
            measured(name, arguments.seeds, Path(folder), console)


if __name__ == "__main__":
    main()
