"""Times the steps of any PyTorch training from outside: an optimizer says when it has moved the weights."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from benchmarks.train_speed.setting import BATCH, SETTINGS, THREADS


class EnoughStepsError(Exception):
    """Ends a library's training from within."""


@dataclass
class Stopwatch:
    """Moments at which steps ended.

    Attributes:
        warm_up: steps that are not timed.
        window: steps that make a rate.
        last: ends the training after so many steps; None lets it go on to its end.
    """

    warm_up: int
    window: int
    last: int | None
    moments: list[float] = field(default_factory=list)

    def step(self) -> None:
        """A step has ended."""
        self.moments.append(time.perf_counter())
        if self.last is not None and len(self.moments) >= self.last:
            raise EnoughStepsError

    def rates(self) -> list[float]:
        """Rows a second of each window."""
        ends = self.moments[self.warm_up - 1 :: self.window]
        return [BATCH * self.window / (end - start) for start, end in pairwise(ends)]


@contextmanager
def timed(watch: Stopwatch) -> Iterator[None]:
    """Time the steps of the one optimizer that works inside the block, up to the last that is wanted."""
    hook = register_optimizer_step_post_hook(lambda optimizer, args, kwargs: watch.step())
    try:
        yield
    except EnoughStepsError:
        pass
    finally:
        hook.remove()


@dataclass(frozen=True)
class Given:
    """What a system's process is told on its command line.

    Attributes:
        data: folder of the data.
        answer: the file for what was measured.
        experts: hidden layers of each expert.
        seed: of the training.
        watch: says how long to train.
    """

    data: Path
    answer: Path
    experts: tuple[int, ...]
    seed: int
    watch: Stopwatch

    def window(self, number: int) -> tuple[Any, Any]:
        """Ids, int64 [rows, features], and labels, float32 [rows, tasks], of train, validation or test: 0, 1 or 2."""
        ends = [0, *json.loads((self.data / "arrays" / "ends.json").read_text(encoding="utf-8"))]
        rows = slice(ends[number], ends[number + 1])
        ids, labels = (np.load(self.data / "arrays" / f"{name}.npy", mmap_mode="r") for name in ("ids", "labels"))
        return ids[rows].astype(np.int64), np.array(labels[rows])

    def reply(self, libraries: list[str], **measured: Any) -> None:
        """Write what was measured."""
        versions = {name: version(name) for name in libraries}
        found = {"rates": self.watch.rates(), "versions": versions, **measured}
        self.answer.write_text(json.dumps(found, indent=1), encoding="utf-8")


def given() -> Given:
    """Folder of the data, file of the answer, setting, seed, warm-up, steps of a window, last step (0: none)."""
    data, answer, setting, seed, warm_up, window, last = sys.argv[1:]
    torch.set_num_threads(THREADS)
    watch = Stopwatch(int(warm_up), int(window), int(last) or None)
    return Given(Path(data), Path(answer), SETTINGS[setting], int(seed), watch)
