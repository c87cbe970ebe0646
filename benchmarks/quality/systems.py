"""Who is compared, and how a training of each is started."""

import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from benchmarks.quality.coding import coded
from benchmarks.quality.encodings import leave_one_out, past_only
from benchmarks.quality.exchange import ask, write_arrays
from benchmarks.quality.measures import measured, of_evaluation
from benchmarks.quality.results import Result, fingerprint_of_ours
from benchmarks.quality.rows import Rows
from benchmarks.quality.trees import matrix
from training.config import Config
from training.pipeline import run

OURS = "threefold"


@dataclass(frozen=True)
class Peer:
    """A system that is asked in a process of its own.

    Attributes:
        name: on the command line and in file names.
        title: in the table.
        module: below `benchmarks.quality.peers`.
        arguments: further words of its command line.
    """

    name: str
    title: str
    module: str
    arguments: tuple[str, ...] = ()


PEERS = (
    Peer("lightgbm", "LightGBM a task, past-only encodings, crosses", "lightgbm_trees", ("past_only",)),
    Peer("lightgbm_loo", "LightGBM a task, leave-one-out encodings", "lightgbm_trees", ("leave_one_out",)),
    Peer("torch_rechub", "Torch-RecHub MMOE", "torch_rechub_mmoe"),
    Peer("deepctr_torch", "DeepCTR-Torch MMOE", "deepctr_torch_mmoe"),
    Peer("fuxictr", "FuxiCTR MMoE", "fuxictr_mmoe"),
)
TITLES = {OURS: "Threefold, one model"} | {peer.name: peer.title for peer in PEERS}


def prepare_arrays(rows: Rows, folder: Path) -> None:
    """Write what all peers read."""
    data = coded(rows)
    matrices = {
        "past_only": matrix(rows, data, past_only, plain=False),
        "leave_one_out": matrix(rows, data, leave_one_out, plain=True),
    }
    write_arrays(folder, rows, data, matrices)


def train_peer(peer: Peer, python: Path, rows: Rows, arrays: Path, answers: Path, seed: int, made_of: str) -> Result:
    """One training of a peer, measured."""
    found = ask(python, peer.module, peer.arguments, arrays, answers, seed)
    return Result(
        system=peer.name, seed=seed, made_of=made_of, tasks=measured(rows, found.predictions), **found.report
    )  # fmt: skip


def train_ours(config: Config, seed: int, console: Console) -> Result:
    """One training of the configured model, on one thread; its time is that of the whole run, reading included."""
    training = config.training.model_copy(update={"num_threads": 1, "seed": seed})
    started, processor = time.perf_counter(), time.process_time()
    finished = run(config.model_copy(update={"training": training}), console)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    kinds = {task.name: task.kind for task in config.tasks}
    return Result(
        system=OURS,
        seed=seed,
        made_of=fingerprint_of_ours(config),
        tasks=of_evaluation(finished.evaluation.metrics(), kinds),
        seconds=seconds,
        processor_seconds=processor,
        versions={name: version(name) for name in ("threefold", "torch")},
        settings={"configuration": f"examples/{config.name}.toml"},
    )
