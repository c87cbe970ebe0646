"""What a reading every 20 steps costs: each batch is stepped with a reading and without, in turns.

A reading changes one step of 20 and nothing of the others, so its cost is the difference between the two, over 20 steps
without: processor time of one thread, the median over many pairs of steps on the same batch.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.network import Network
from training.config import Config
from training.data.batches import BatchStream, TrainingBatch, sampled
from training.observers import Observers
from training.pipeline import Prepared
from training.trainer import Trainer

Floats = NDArray[np.float64]
EVERY = 20
"""Steps between two readings by default."""
NEVER = 10**9


def cost_table(prepared: Prepared, data: Path) -> Iterator[str]:
    from benchmarks.telemetry import configured

    small = {"widths": [16]}
    example = configured(data, "mmoe", 0)
    raw = configured(data, "mmoe", 0, batch_size=512).model_dump(mode="json")
    raw["model"] = {"embedding": {"dim": 8}, "trunk": {"kind": "mmoe", "num_experts": 2, "expert": small}}
    raw["tasks"] = [{**task, "tower": small} for task in raw["tasks"]]
    cases = {
        "example, mmoe, 2,048 rows a step": (example, 300),
        "example, shared_bottom, 2,048 rows a step": (configured(data, "shared_bottom", 0), 400),
        "small net, 512 rows a step": (Config.model_validate(raw), 1_000),
    }
    yield "| cost of telemetry | ms a step | ms a reading | extra time | 95% interval | pairs of steps |"
    yield "|---|---|---|---|---|---|"
    for name, (config, num_pairs) in cases.items():
        on, off = measured(replace(prepared, config=config), num_pairs)
        low, high = interval(on, off)
        step, reading = np.median(off) * 1e3, np.median(on - off) * 1e3
        yield f"| {name} | {step:.1f} | {reading:.1f} | {extra(on, off):.1%} | {low:.1%} to {high:.1%} | {num_pairs} |"


def measured(prepared: Prepared, num_pairs: int) -> tuple[Floats, Floats]:
    """Processor seconds of a step with a reading and without, [pairs] each; the first pairs warm up."""
    trainer, stream = build(prepared)
    settings = {False: trainer.config.model_copy(update={"telemetry_every": NEVER}), True: trainer.config}
    batches = list(islice(stream.epoch(0), 40))
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for pair in range(num_pairs + 10):
        for is_on in (pair % 2 == 0, pair % 2 == 1):
            trainer.config = settings[is_on]
            seconds[is_on].append(timed_step(trainer, batches[pair % len(batches)]))
    return np.array(seconds[True][10:]), np.array(seconds[False][10:])


def timed_step(trainer: Trainer, batch: TrainingBatch) -> float:
    """Processor seconds of one step, a reading step where readings are made at all."""
    trainer.history.num_steps = EVERY * (1 + trainer.history.num_steps // EVERY)
    started = time.process_time()
    trainer.step(batch)
    return time.process_time() - started


def build(prepared: Prepared) -> tuple[Trainer, BatchStream]:
    config, data = prepared.config, prepared.data
    torch.manual_seed(0)
    network = Network(config.model_part(), data.encoder, data.statistics)
    window = prepared.windows.train
    stream = BatchStream(prepared.log.train, batch_size=config.training.batch_size, shuffle_rows=100_000, seed=0)
    validation = sampled(prepared.reader, data.encoder, prepared.windows.validation, 1_000)
    return Trainer(config.training, network, stream, validation, window.num_rows, Observers([])), stream


def extra(on: Floats, off: Floats) -> float:
    """Share of the time of 20 steps that one reading among them adds."""
    return float(np.median(on - off) / (EVERY * np.median(off)))


def interval(on: Floats, off: Floats) -> tuple[float, float]:
    """Bootstrap interval of the extra time, over the pairs."""
    chosen = np.random.default_rng(0).integers(0, len(on), (4_000, len(on)))
    low, high = np.quantile([extra(on[pairs], off[pairs]) for pairs in chosen], [0.025, 0.975])
    return float(low), float(high)
