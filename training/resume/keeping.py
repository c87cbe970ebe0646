"""Whether and how a training keeps states of itself while it runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from models.errors import TrainingError
from training.resume.cadence import Cadence
from training.resume.config import ResumeConfig
from training.resume.gathering import Gathered
from training.resume.rates import KeptRates
from training.resume.store import StateStore, Stored


class Keeping(Protocol):
    """Is told where a training stands.

    Attributes:
        rates: found learning rates that were kept; None where none ever are.
    """

    rates: KeptRates | None

    def best_folder(self) -> AbstractContextManager[Path]:
        """Where the best weights lie while the training runs."""

    def begin(self, training: Gathered) -> None:
        """The training is about to make its first step: bring it to where it was before, if it was."""

    def step(self) -> None:
        """A step is over, with all that follows from it."""

    def end(self) -> None:
        """The training is over, and the network has the weights that it ends with."""

    def remove(self) -> None:
        """Its version is written: no state of it is needed any more."""


@contextmanager
def fitting(folder: Path) -> Iterator[None]:
    """Give the states of a training back to it.

    Raises:
        TrainingError: they fit another training, though its fingerprint is the same.
    """
    try:
        yield
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"a training state fits the training that it is of; the one in {folder} does not: {error}. Start over with "
            f"--fresh"
        ) from error


class Unkept:
    """Keeps nothing: a killed training begins anew."""

    rates: KeptRates | None = None

    @contextmanager
    def best_folder(self) -> Iterator[Path]:
        """A folder that is gone afterwards."""
        with TemporaryDirectory(prefix="threefold-") as folder:
            yield Path(folder)

    def begin(self, training: Gathered) -> None:
        """The training begins at the beginning."""

    def step(self) -> None:
        """A step is over."""

    def end(self) -> None:
        """The training is over."""

    def remove(self) -> None:
        """There is nothing to remove."""


UNKEPT: Keeping = Unkept()


class Kept:
    """Keeps states in a folder, and begins with the newest.

    Args:
        store: the folder.
        config: how often.
        tell: is told of what a person should know.
    """

    def __init__(self, store: StateStore, config: ResumeConfig, tell: Callable[[str], None]) -> None:
        self._store = store
        self._config = config
        self._tell = tell
        self._cadence = Cadence(config)
        self._training: Gathered | None = None
        self._failed = False
        self.rates: KeptRates | None = KeptRates(store.folder)

    @contextmanager
    def best_folder(self) -> Iterator[Path]:
        """The folder of the states, which outlives this process."""
        yield self._store.folder

    def begin(self, training: Gathered) -> None:
        """Go on from the newest state.

        Raises:
            TrainingError: the state fits another training, though its fingerprint is the same.
        """
        self._training = training
        stored = self._store.newest()
        if stored is not None:
            with fitting(self._store.folder):
                training.restore(stored.parts)
            self._tell(_resumed(training, stored))
        self._cadence = Cadence(self._config)

    def step(self) -> None:
        """Write a state where one is due."""
        assert self._training is not None
        if self._cadence.is_due(self._training.history.num_steps):
            self._write(self._training)

    def end(self) -> None:
        """Write what the training left."""
        assert self._training is not None
        self._write(self._training)

    def remove(self) -> None:
        """Remove the folder of the states."""
        self._store.remove()

    def _write(self, training: Gathered) -> None:
        """A training does not end because its state cannot be written: a disk may be full for a while."""
        started = time.monotonic()
        try:
            self._store.write(training.state(), training.best.files())
            training.best.spare()
        except OSError as error:
            if not self._failed:
                self._tell(f"no training state could be written, a kill would cost more than usual: {error}")
            self._failed = True
        self._cadence.wrote(time.monotonic() - started)


def _resumed(training: Gathered, stored: Stored) -> str:
    history, ago = training.history, _words((datetime.now(UTC) - stored.written_at).total_seconds())
    if history.stopped_because:
        return f"the training was over at step {history.num_steps:,}, {ago} ago; what follows it is made again"
    return f"resumed at step {history.num_steps:,} of {training.total_steps:,}, written {ago} ago"


def _words(seconds: float) -> str:
    """A length of time in its largest unit."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}s"
    return f"{max(seconds, 0):.0f} seconds"
