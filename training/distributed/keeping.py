"""Keeps states of a training of several processes, and brings as many or as few of them back to one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from training.distributed.collectives import agreed
from training.distributed.state_parts import StateParts
from training.distributed.states import Found, ShardedStates
from training.distributed.table import ShardedTable
from training.distributed.world import World
from training.resume.cadence import Cadence
from training.resume.config import ResumeConfig
from training.resume.gathering import Gathered
from training.resume.keeping import fitting
from training.resume.rates import KeptRates

LOOK_EVERY = 10
"""Steps between two looks at the first process's clock, which all others are told of."""


class RanksKeeping:
    """Writes a state where the first process finds one due.

    The table and what its optimizer remembers of it are written shard by shard, everything else once. What is drawn
    for dropout goes on where it was only in as many processes as wrote the state.

    Args:
        world: of this process.
        states: where they are kept.
        config: how often.
        table: whose shard this process holds.
        seed: of what this process draws where other processes drew before.
        tell: is told of what a person should know.
    """

    rates: KeptRates | None = None

    def __init__(
        self,
        world: World,
        states: ShardedStates,
        config: ResumeConfig,
        table: ShardedTable,
        seed: int,
        tell: Callable[[str], None],
    ) -> None:
        self._world = world
        self._states = states
        self._config = config
        self._table = table
        self._seed = seed
        self._tell = tell
        self._cadence = Cadence(config)
        self._training: Gathered | None = None
        self._parts: StateParts | None = None

    @contextmanager
    def best_folder(self) -> Iterator[Path]:
        """A folder of this process alone; states hold what is in it."""
        with TemporaryDirectory(prefix="threefold-") as folder:
            self._parts = StateParts(self._world, self._table, Path(folder), self._seed)
            yield Path(folder)

    def begin(self, training: Gathered) -> None:
        """Go on from the newest state.

        Raises:
            TrainingError: the state fits another training, though its fingerprint is the same.
        """
        self._training = training
        found = self._states.newest()
        if found is not None:
            with fitting(self._states.folder):
                self._restore(training, found)
            self._tell(
                f"resumed at step {training.history.num_steps:,} of {training.total_steps:,}, written by "
                f"{found.world_size} process(es)"
            )
        self._cadence = Cadence(self._config)

    def step(self) -> None:
        """Write a state where one is due."""
        assert self._training is not None
        steps = self._training.history.num_steps
        every = self._config.every_steps
        if every is not None and steps % every == 0:
            self._write(self._training)
        elif steps % LOOK_EVERY == 0:
            device = self._table.device
            if bool(agreed(torch.tensor(self._cadence.is_due(steps), device=device))):
                self._write(self._training)

    def end(self) -> None:
        """Write what the training left."""
        assert self._training is not None
        self._write(self._training)

    def remove(self) -> None:
        """Remove all states of the training."""
        self._states.clear()

    def _write(self, training: Gathered) -> None:
        started = time.monotonic()
        assert self._parts is not None, "states are written between `best_folder` and its end"
        name = f"{training.history.num_steps:012d}" + ("-over" if training.history.stopped_because else "")
        self._states.write(name, *self._parts.taken(training))
        self._cadence.wrote(time.monotonic() - started)

    def _restore(self, training: Gathered, found: Found) -> None:
        assert self._parts is not None, "states are read between `best_folder` and its end"
        copies = {name: torch.empty(shape, dtype=dtype) for name, (dtype, shape) in found.shapes.items()}
        parts = self._parts.wanted(found.plain, found.world_size)
        self._states.read(found, {**copies, **parts})
        self._parts.put_together(training, found.plain, copies, parts)
