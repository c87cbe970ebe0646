"""How much of what can be known of two million simulated impressions the model knows; a part of docs/results.md.

python -m benchmarks.simulated_quality [--seeds N] [--world established|default]. A seed is another world and another
training alike. Finished trainings are kept, so that the same command goes on where it was interrupted.
"""

import time
from argparse import ArgumentParser
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.kept import Record, kept
from benchmarks.results_page import replace_section
from benchmarks.simulated_quality_page import section
from models.calibration import Identity
from models.heads import Task
from models.predictor import Predictor
from training.config import Config, load_config
from training.evaluation.evaluate import evaluate
from training.evaluation.scored import Scored, score_window
from training.pipeline import Prepared, Trained, fit, prepare
from training.simulation import SimulationConfig, simulate

TEMPLATE = Path(__file__).parent / "simulated_quality.toml"
RECORDS = Path("runs") / "benchmarks" / "simulated_quality"
PLACEMENT = "placement"
KEEP = 0.1
"""Share of the negatives of click in the sampled training."""
WORLDS: dict[str, dict[str, Any]] = {
    "established": {
        "num_users": 1_000, "num_items": 300, "click_rate": 0.2, "conversion_rate": 0.2,
        "drift_per_day": 0.01, "new_user_share": 0.01, "new_item_share": 0.01,
    },
    "default": {},
}  # fmt: skip
"""What differs from the simulator's defaults."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Job:
    """A training: which world, which seed of world and training, and whether negatives are thinned."""

    world: str
    seed: int
    sampled: bool

    @property
    def simulation(self) -> SimulationConfig:
        """Two million impressions to train on, in ten days; one day more to validate and calibrate, and one to test."""
        return SimulationConfig(days=12, impressions_per_day=200_000, seed=self.seed, **WORLDS[self.world])

    def config(self, log: Path) -> Config:
        """The model on a log; with thinned negatives batches are smaller, so that there are as many steps."""
        config = load_config(TEMPLATE).with_overrides(data=str(log), seed=self.seed)
        if not self.sampled:
            return config
        raw = config.model_dump(mode="json")
        rate = self.simulation.click_rate
        raw["training"]["batch_size"] = round(raw["training"]["batch_size"] * (rate + (1 - rate) * KEEP))
        raw["data"]["negative_sampling"] = {"task": "click", "keep": KEEP}
        return Config.model_validate(raw)

    def file(self) -> Path:
        """Where its numbers are kept; other settings or another world have another file."""
        of = [TEMPLATE.read_text(encoding="utf-8"), self.simulation.model_dump_json(), str(KEEP), version("torch")]
        digest = sha256("".join(of).encode()).hexdigest()[:12]
        return RECORDS / f"{self.world}-{'sampled' if self.sampled else 'whole'}-{self.seed}-{digest}.json"


def totals(label: Floats, truth: Floats, predicted: Floats, plain: Floats) -> Record:
    """Sums against each other, and how far the labels' own sum is from the truth's by chance, in standard deviations.

    Args:
        label: observed, [rows].
        truth: its true mean, [rows].
        predicted: by the model as it is served, [rows].
        plain: by the model without calibration, [rows].
    """
    return {
        "rows": len(label),
        "observed": float(label.sum()),
        "over_observed": float(predicted.sum() / label.sum()) if label.any() else float("inf"),
        "over_true": float(predicted.sum() / truth.sum()),
        "plain_over_true": float(plain.sum() / truth.sum()),
        "chance": float(np.sqrt(np.square(label - truth).sum()) / truth.sum()),
    }


def task_record(task: Task, column: str, scored: Scored, plain: Scored) -> Record:
    """Totals of a task's observed rows, over all and in each placement."""
    seen, name = ~np.isnan(scored.labels[task.name]), task.prediction_names[0]
    parts = [
        scored.labels[task.name][seen],
        scored.extra[column].to_numpy(np.float64)[seen],
        scored.predictions[name][seen],
        plain.predictions[name][seen],
    ]
    places = scored.text(PLACEMENT).to_numpy()[seen]
    by_place = {str(place): totals(*(part[places == place] for part in parts)) for place in np.unique(places)}
    return {**totals(*parts), "placements": by_place}


def record(prepared: Prepared, trained: Trained, seconds: float) -> Record:
    """All numbers of a training on its test window."""
    window, predictor = prepared.windows.test, trained.predictor
    evaluation, scored = evaluate(
        predictor, prepared.data.statistics, prepared.reader, window, prepared.config.evaluation, prepared.truth
    )
    identities = {task.name: Identity() for task in predictor.config.tasks}
    uncalibrated = Predictor(predictor.config, predictor.encoder, predictor.network, identities)
    plain = score_window(uncalibrated, prepared.reader, window)
    tasks = {
        task.name: {
            "metrics": evaluation.tasks[task.name].metrics,
            **task_record(task, prepared.truth[task.label], scored, plain),
        }
        for task in predictor.config.tasks
    }
    return {"seconds": seconds, "steps": trained.history.num_steps, "tasks": tasks}


def measured(job: Job) -> Record:
    """Write the log, train and measure; the log is deleted."""
    console = Console()
    console.print(f"{job.world} world, seed {job.seed}{', a tenth of the negatives' if job.sampled else ''}")
    with TemporaryDirectory() as folder:
        simulate(job.simulation, Path(folder))
        begun = time.perf_counter()
        prepared = prepare(job.config(Path(folder)), console)
        trained = fit(prepared, console)
        return record(prepared, trained, time.perf_counter() - begun)


def main(num_seeds: int, worlds: list[str]) -> None:
    """Train what is missing; the page is written only of both worlds together."""
    jobs = [
        Job(world, seed, sampled)
        for seed in range(num_seeds)
        for world in worlds
        for sampled in (False, True)
        if not sampled or world == "established"
    ]
    found: dict[str, list[Record]] = {}
    for job in jobs:
        found.setdefault("sampled" if job.sampled else job.world, []).append(
            kept(job.file(), lambda job=job: measured(job))
        )
    text = section(found)
    print(text)
    if set(worlds) == set(WORLDS):
        replace_section("simulated_quality", text)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--world", choices=list(WORLDS), help="one of them alone; the page stays as it is")
    given = parser.parse_args()
    main(given.seeds, [given.world] if given.world else list(WORLDS))
