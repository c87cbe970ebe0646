"""A model trained on day by day, beside one trained anew on all days and one that is left as it was.

python -m benchmarks.growth [--seeds 5]

A simulated log with new users and items every day, whose tastes turn. A first version learns from the first days; then,
day after day, each way of keeping up gets the next day, and all are measured on the same rows two days later: on all
of them, and on those whose item the first version did not know. The days between are for calibration.
"""

import argparse
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor

from benchmarks.results_page import replace_section
from models.checkpoint import load_checkpoint
from training.config import Config, load_config
from training.data.config import SplitConfig
from training.evaluation.binary import normalised_entropy
from training.evaluation.interval import mean_interval
from training.evaluation.known import NEW
from training.evaluation.scored import Scored
from training.growth import GrowthConfig
from training.growth.rows import RowMap
from training.pipeline import Run, measure, prepare, run_prepared, save
from training.simulation import SimulationConfig, simulate

EXAMPLE = Path(__file__).parent.parent / "examples" / "simulated.toml"
FIRST, FIRST_DAYS, STEPS = date(2026, 1, 1), 6, 4
TASK = "click"
WORLD = {
    "days": FIRST_DAYS + STEPS + 2, "impressions_per_day": 20_000, "num_users": 3_000, "num_items": 600,
    "click_rate": 0.15, "new_user_share": 0.05, "new_item_share": 0.1, "drift_per_day": 0.05,
}  # fmt: skip


@contextmanager
def random_new_rows() -> Iterator[None]:
    """New ids start from random rows, as they do in a first training."""
    as_unknown = RowMap.give_values

    def give_values(rows: RowMap, old: Tensor, table: Tensor) -> None:
        drawn = table.detach()[rows.is_new].clone()
        as_unknown(rows, old, table)
        with torch.no_grad():
            table[rows.is_new] = drawn

    with patch.object(RowMap, "give_values", give_values):
        yield


@contextmanager
def as_it_is() -> Iterator[None]:
    yield


@dataclass(frozen=True)
class Way:
    """A way of keeping up: trained on with the newest day, or anew with all of them."""

    title: str
    goes_on: bool = True
    keeps_state: bool = True
    changed: Callable[[], AbstractContextManager[None]] = as_it_is


ANEW = Way("anew on all days", goes_on=False)
ON = Way("trained on (`--from`)")
WAYS = (
    ANEW,
    ON,
    Way("without optimizer state", keeps_state=False),
    Way("new ids start at random", changed=random_new_rows),
)
FROZEN = "left as it was"


@dataclass(frozen=True)
class Measured:
    """One way on one day: seconds of the training with all that comes before it, and the two entropies."""

    seconds: float
    on_all: float
    on_new: float


def config(log: Path, seed: int, first_day: int, last_day: int, keeps_state: bool) -> Config:
    """Training on some days, both included; the next one validates, the one after it is the test."""
    held = load_config(EXAMPLE).with_overrides(data=str(log), seed=seed)
    starts = [str(FIRST + timedelta(days=day)) for day in (first_day, last_day + 1, last_day + 2)]
    split = SplitConfig(train_from=starts[0], validation_from=starts[1], test_from=starts[2])
    cache = held.data.cache.model_copy(update={"enabled": False})
    return held.model_copy(
        update={
            "data": held.data.model_copy(update={"split": split, "cache": cache}),
            "past_rates": (),
            "training": held.training.model_copy(update={"growth": GrowthConfig(keep_optimizer_state=keeps_state)}),
            "evaluation": held.evaluation.model_copy(update={"unseen": ("item_id",), "slice_by": (), "group_by": None}),
        }
    )


def trained(configured: Config, parent: Path | None) -> tuple[Run, float]:
    """A finished run, and the seconds from the log to the evaluation."""
    started = time.perf_counter()
    done = run_prepared(prepare(configured, quiet(), parent), quiet())
    return done, time.perf_counter() - started


def entropies(found: Scored, is_new: NDArray[np.bool_]) -> tuple[float, float]:
    """Of the first day of the test window, which goes on to the log's end."""
    label, probability = found.labels[TASK][: len(is_new)], found.predictions[TASK][: len(is_new)]
    of_all = normalised_entropy(label, probability)
    of_new = normalised_entropy(label[is_new], probability[is_new])
    assert of_all is not None
    assert of_new is not None
    return of_all, of_new


def measured(log: Path, seed: int, home: Path) -> dict[str, list[Measured]]:
    """By way, one number a day."""
    first = {}
    for keeps in (True, False):
        done, _ = trained(config(log, seed, 0, FIRST_DAYS - 1, keeps), None)
        first[keeps] = save(done, home / f"first-{keeps}", {})
    newest = {way.title: first[way.keeps_state] for way in WAYS}
    predictor, manifest = load_checkpoint(first[True])
    found: dict[str, list[Measured]] = {title: [] for title in (FROZEN, *newest)}
    for day in range(FIRST_DAYS, FIRST_DAYS + STEPS):
        of_first = measure(config(log, seed, 0, day, keeps_state=True), predictor, manifest).scored
        is_new = of_first.knowledge["item_id"][: int(WORLD["impressions_per_day"])] == NEW
        found[FROZEN].append(Measured(0.0, *entropies(of_first, is_new)))
        for way in WAYS:
            first_day, parent = (day, newest[way.title]) if way.goes_on else (0, None)
            with way.changed():
                done, seconds = trained(config(log, seed, first_day, day, way.keeps_state), parent)
            found[way.title].append(Measured(seconds, *entropies(done.scored, is_new)))
            newest[way.title] = save(done, home / f"{seed}-{WAYS.index(way)}", {})
    return found


def table(found: Sequence[Mapping[str, Sequence[Measured]]]) -> str:
    """Means over the days, and differences to the version that is trained anew, paired by seed."""
    lines = [
        "| model | seconds a day | normalised entropy | more than anew | where the item is new | more than anew |",
        "|---|---|---|---|---|---|",
    ]
    for title in found[0]:
        seconds = np.mean([day.seconds for each in found for day in each[title]])
        cells = [title, f"{seconds:.1f}" if title != FROZEN else "0"]
        for which in ("on_all", "on_new"):
            own, anew = (
                [float(np.mean([getattr(day, which) for day in each[name]])) for each in found]
                for name in (title, ANEW.title)
            )
            more = mean_interval([one - other for one, other in zip(own, anew, strict=True)])
            cells += [f"{np.mean(own):.4f}", "" if title == ANEW.title else more.text(4)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def quiet() -> Console:
    return Console(file=io.StringIO())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    console = Console()
    found = []
    with TemporaryDirectory() as folder:
        for seed in range(arguments.seeds):
            log = Path(folder) / f"log-{seed}"
            simulate(SimulationConfig.model_validate({**WORLD, "seed": seed}), log)
            found.append(measured(log, seed, Path(folder)))
            console.print(table(found), markup=False, soft_wrap=True)
    text = f"{arguments.seeds} seeds, {STEPS} days each.\n\n{table(found)}"
    console.print(text, markup=False, soft_wrap=True)
    replace_section("growth", text)


if __name__ == "__main__":
    main()
