"""A rate for each subnet on a log where one task needs another (benchmarks/planted_rate.py), into docs/results.md.

`python -m benchmarks.rates` trains a whole grid of two rates, one for the planted task's head and one for the rest,
the single rates between those of the grid, and the same with `learning_rate = "auto"`. Finished trainings are kept in
a folder, so that the same command goes on where it was interrupted.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.planted_rate import PLANTED, SUBNETS, config, two_rates, write_log
from benchmarks.results_page import replace_section
from models.errors import TrainingError
from training.evaluation.evaluate import evaluate
from training.evaluation.interval import mean_interval
from training.pipeline import Prepared, fit, prepare

SEEDS = range(5)
FOLDER = Path("runs/benchmarks/rates")
GRID = [float(f"{10 ** (exponent / 2):.3g}") for exponent in range(-7, 0)]
"""Half decades from 3e-4 to 0.3, for each of the two rates."""
BETWEEN = [float(f"{10 ** (exponent / 2 + 0.25):.3g}") for exponent in range(-7, -1)]
"""Further single rates: a finer search for them than for two."""
MIDDLE, MIDDLE_OF_SINGLE = (0.05, 0.002), 0.0178
TASKS = ("click", PLANTED)


@dataclass(frozen=True)
class Job:
    """One training: two rates, or automatic ones."""

    seed: int
    rest: float | None = None
    planted: float | None = None


@dataclass(frozen=True)
class Done:
    """What came of it; without losses where a loss was not finite.

    Attributes:
        steps: of the training and of everything before it.
        score: best validation score.
        losses: by task, log loss on the test rows.
        rates: found automatically, by subnet.
    """

    job: Job
    steps: int = 0
    score: float = float("inf")
    losses: Mapping[str, float] | None = None
    rates: Mapping[str, float] | None = None


def jobs() -> Iterator[Job]:
    """All trainings; those near the middle of the grid first, so that an interrupted run already shows something."""
    pairs = [*((rest, planted) for rest in GRID for planted in GRID), *((rate, rate) for rate in BETWEEN)]
    pairs.sort(key=_distance)
    yield from (Job(seed) for seed in SEEDS)
    yield from (Job(seed, rest, planted) for rest, planted in pairs for seed in SEEDS)


def _distance(pair: tuple[float, float]) -> float:
    """How far two rates are from the middle of the grid, or a single one from the middle of its own."""
    middle = (MIDDLE_OF_SINGLE, MIDDLE_OF_SINGLE) if pair[0] == pair[1] else MIDDLE
    return sum(abs(math.log(rate / at)) for rate, at in zip(pair, middle, strict=True))


@lru_cache(maxsize=len(SEEDS))
def _log(seed: int) -> Prepared:
    file = FOLDER / f"log-{seed}" / "log.parquet"
    if not file.exists():
        write_log(file, seed)
    return prepare(config(file.parent, seed, two_rates(1e-3, 1e-3)), Console(quiet=True))


def train(job: Job) -> Done:
    """Train and measure; called in processes of their own."""
    automatic: dict[str, float | str] = dict.fromkeys(SUBNETS, "auto")
    rates = automatic if job.rest is None or job.planted is None else two_rates(job.rest, job.planted)
    log = _log(job.seed)
    prepared = replace(log, config=config(Path(log.config.data.path), job.seed, rates))
    try:
        trained = fit(prepared, Console(quiet=True))
    except TrainingError:
        return Done(job)
    history, statistics = trained.history, prepared.data.statistics
    measured, _ = evaluate(
        trained.predictor, statistics, prepared.reader, prepared.windows.test, prepared.config.evaluation, {}
    )
    return Done(
        job,
        steps=history.num_steps + history.found_rates.num_steps,
        score=min(looked.score for looked in history.validations),
        losses={name: float(task.metrics["log_loss"] or 0) for name, task in measured.tasks.items()},
        rates=history.found_rates.by_subnet,
    )


def all_done() -> list[Done]:
    """Every training, those of an interrupted run taken from its file."""
    file = FOLDER / "trainings.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = [_read(json.loads(line)) for line in lines]
    for seed in SEEDS:
        if not (log := FOLDER / f"log-{seed}" / "log.parquet").exists():
            write_log(log, seed)  # here, because two processes would write it at once
    open_jobs = [job for job in jobs() if job not in {done.job for done in found}]
    with file.open("a", encoding="utf-8") as kept, get_context("spawn").Pool(os.cpu_count()) as pool:
        for number, done in enumerate(pool.imap(train, open_jobs), start=len(found) + 1):
            kept.write(json.dumps(asdict(done)) + "\n")
            kept.flush()
            found.append(done)
            print(f"{number}/{len(open_jobs) + len(lines)}  {done.job}  {done.losses}", flush=True)
    return found


def _read(line: dict[str, Any]) -> Done:
    return Done(**{**line, "job": Job(**line["job"])})


def table(done: list[Done]) -> str:
    """What the grid, the single rates and the automatic rates came to."""
    return "\n".join([*_single(done), "", *_automatic(done), "", *_found(done)])


def _chosen(done: list[Done], seed: int) -> Done:
    """The training of the grid with the best validation score."""
    grid = [one for one in done if one.job.seed == seed and one.job.rest in GRID and one.job.planted in GRID]
    return min(grid, key=lambda one: one.score)


def _single(done: list[Done]) -> Iterator[str]:
    """The planted task's loss with the one rate that is best for it on the test rows, against two by validation."""
    worse = []
    yield f"| seed | two rates (rest, {PLANTED}) | {PLANTED} | best single rate | {PLANTED} | worse by |"
    yield "|---|---|---|---|---|---|"
    for seed in SEEDS:
        two = _chosen(done, seed)
        singles = [one for one in done if one.job.seed == seed and one.losses and one.job.rest == one.job.planted]
        one = min((one for one in singles if one.job.rest is not None), key=lambda one: _own(one))
        worse.append(100 * (_own(one) / _own(two) - 1))
        yield (
            f"| {seed} | {two.job.rest:g}, {two.job.planted:g} | {_own(two):.4f} | {one.job.rest:g} | {_own(one):.4f} "
            f"| {worse[-1]:.1f}% |"
        )
    yield f"\nWorse with any single rate by at least {mean_interval(worse).text(1)} percent, mean and 95% interval."


def _automatic(done: list[Done]) -> Iterator[str]:
    differences: dict[str, list[float]] = {task: [] for task in TASKS}
    costs = []
    yield f"| seed | {' | '.join(f'{task}: grid | auto | difference' for task in TASKS)} | steps of auto / grid |"
    yield "|" + "---|" * (2 + 3 * len(TASKS))
    for seed in SEEDS:
        best, auto = _chosen(done, seed), next(one for one in done if one.job == Job(seed))
        assert best.losses is not None
        assert auto.losses is not None
        grid = [one for one in done if one.job.seed == seed and one.job.rest in GRID and one.job.planted in GRID]
        costs.append(100 * auto.steps / sum(one.steps for one in grid))
        cells = []
        for task in TASKS:
            differences[task].append(100 * (auto.losses[task] / best.losses[task] - 1))
            cells += [f"{best.losses[task]:.4f}", f"{auto.losses[task]:.4f}", f"{differences[task][-1]:+.2f}%"]
        yield f"| {seed} | {' | '.join(cells)} | {costs[-1]:.1f}% |"
    for task in TASKS:
        yield f"\n{task}: automatic rates are {mean_interval(differences[task]).text(2)} percent from the grid's best."
    yield f"\nTheir cost, sweeps and training together, is {max(costs):.1f}% of the grid's at the most."


def _found(done: list[Done]) -> Iterator[str]:
    yield f"| seed | {' | '.join(SUBNETS)} |"
    yield "|" + "---|" * (1 + len(SUBNETS))
    for one in done:
        if one.rates and one.job.rest is None:
            yield f"| {one.job.seed} | {' | '.join(f'{one.rates[subnet]:g}' for subnet in SUBNETS)} |"


def _own(done: Done) -> float:
    return float("inf") if done.losses is None else done.losses[PLANTED]


def main() -> None:
    text = table(all_done())
    replace_section("rates", text)
    print(text)


if __name__ == "__main__":
    main()
