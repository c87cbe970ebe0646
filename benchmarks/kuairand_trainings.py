"""Trainings of examples/kuairand.toml and its variants, kept as JSON: nothing is trained twice.

A file is named by the variant, the seed and a digest of the variant's tables but the seed. So a new setting that the
tables do not name leaves all trainings as good as they were. The digest knows neither code nor defaults: empty the
folder after a change of those that changes what a training finds.
"""

import dataclasses
import io
import json
import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import torch
from rich.console import Console

from benchmarks.kept import keep, read
from benchmarks.kuairand_variants import Settings
from training.config import read_settings, validated
from training.evaluation.evaluate import Evaluation, TaskEvaluation, evaluate
from training.pipeline import Prepared, fit, prepare

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "examples" / "kuairand.toml"
FOLDER = ROOT / "comparisons" / "kuairand_ablation"
NUM_SEEDS = 5


@dataclasses.dataclass(frozen=True)
class Training:
    """A finished training.

    Attributes:
        seed: of everything random in it.
        score: the best of the validation window; lower is better.
        rows: training rows seen until then.
        evaluation: of the test window.
    """

    seed: int
    score: float
    rows: int
    evaluation: Evaluation


def shipped(console: Console) -> Settings | None:
    """The tables of the example on the log at hand, on one thread unless it says otherwise; None without the log."""
    settings = read_settings(CONFIG)
    path = Path(os.environ.get("KUAIRAND", settings["data"]["path"]))
    if not path.is_dir():
        console.print(f"skipped: no KuaiRand impressions at {path}. Set KUAIRAND to their folder", soft_wrap=True)
        return None
    settings["data"]["path"] = str(path.resolve())
    settings.setdefault("training", {}).setdefault("num_threads", 1)
    return settings


def file_of(folder: Path, variant: str, settings: Settings, seed: int) -> Path:
    told = {**settings, "training": {**settings.get("training", {}), "seed": 0}}
    told.pop("ranking", None)  # changes no weight
    digest = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    return folder / f"{variant}-{seed}-{digest}.json"


def stored(folder: Path, variant: str, settings: Settings, seeds: Sequence[int]) -> list[Training]:
    """The finished ones of these seeds."""
    files = [file_of(folder, variant, settings, seed) for seed in seeds]
    return [_read(file) for file in files if file.is_file()]


def trained(folder: Path, variant: str, settings: Settings, seeds: Sequence[int]) -> Iterator[Training]:
    """All of these seeds; what is not stored is trained, on data that are prepared once, and stored."""
    config = validated(settings, variant)
    prepared: Prepared | None = None
    for seed in seeds:
        file = file_of(folder, variant, settings, seed)
        if not file.is_file():
            torch.set_num_threads(config.training.num_threads or 1)
            prepared = prepared or prepare(config, Console(file=io.StringIO()))
            keep(file, dataclasses.asdict(_train(prepared, seed)))
        yield _read(file)


def _train(prepared: Prepared, seed: int) -> Training:
    prepared = dataclasses.replace(prepared, config=prepared.config.with_overrides(seed=seed))
    found = fit(prepared, Console(file=io.StringIO()))
    evaluation, _ = evaluate(
        found.predictor,
        prepared.data.statistics,
        prepared.reader,
        prepared.windows.test,
        prepared.config.evaluation,
        prepared.truth,
    )
    best = min(found.history.validations, key=lambda validation: validation.score)
    return Training(seed, best.score, best.rows, evaluation)


def _read(file: Path) -> Training:
    found = read(file)
    evaluation = found.pop("evaluation")
    tasks = {name: TaskEvaluation(**task) for name, task in evaluation.pop("tasks").items()}
    return Training(**found, evaluation=Evaluation(**evaluation, tasks=tasks))
