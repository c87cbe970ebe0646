"""A log that is fitted and encoded: from the cache where it was before, else read twice."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from models.errors import DataError
from training.cache.blocks import StoredRows
from training.cache.build import write_entry
from training.cache.entry import Entry
from training.cache.fingerprint import changed_files, fingerprint
from training.cache.mending import MendingRows
from training.cache.store import Store
from training.config import Config
from training.data.batches import TrainingBatch, as_batch
from training.data.reader import LogReader
from training.data.windows import Windows, counted_windows
from training.fitting.fit import FittedData
from training.growth.parent import Parent
from training.say import say


@dataclass(frozen=True)
class EncodedLog:
    """What training needs of a log.

    Attributes:
        windows: as it was cut.
        data: the fitted encoder, and what was measured with it.
        train: encoded rows of the training window.
        validation: those of the sample of the validation window.
        validation_rows: how many the sample was to have at the most.
    """

    windows: Windows
    data: FittedData
    train: MendingRows
    validation: MendingRows
    validation_rows: int

    def validation_batch(self) -> TrainingBatch:
        """The sample of the validation window, in memory."""
        return as_batch(self.validation.whole(), self.validation.tasks)


def encoded_log(
    config: Config,
    reader: LogReader,
    console: Console,
    tell: Callable[[Windows], None],
    parent: Parent | None = None,
) -> EncodedLog:
    """The encoded rows of a log, taken from the cache or made.

    Args:
        config: of the run.
        reader: of the log.
        console: is told of the progress.
        tell: is told of the windows, once, before anything is fitted.
        parent: what the run trains on; None where it starts from random weights.

    Raises:
        DataError: a value or a window breaks a rule, or the log changed while it was read.
        ConfigError: the cache cannot be written.
    """
    source = _Source(config, reader, console, tell, parent)
    found = source.store.found(source.key, source.build)
    entry = found.entry
    windows, _ = counted_windows(reader.source, config.data, entry.manifest.counts)
    if found.was_there:
        tell(windows)
        say(console, f"fitted and encoded before: {entry.train.num_rows:,} rows are taken from {entry.folder}")

    def train(why: str, damaged: Entry = entry) -> StoredRows:
        return source.anew(damaged, why).train

    def validation(why: str, damaged: Entry = entry) -> StoredRows:
        return source.anew(damaged, why).validation

    rows = MendingRows(entry.train, train), MendingRows(entry.validation, validation)
    return EncodedLog(windows, entry.data, *rows, config.training.validation_rows)


class _Source:
    """The log that entries are made of."""

    def __init__(
        self,
        config: Config,
        reader: LogReader,
        console: Console,
        tell: Callable[[Windows], None],
        parent: Parent | None,
    ) -> None:
        self._config = config
        self._reader = reader
        self._console = console
        self._tell = tell
        self._parent = parent
        self.key = fingerprint(config, reader.source, parent)
        self.store = Store(config.data.cache, config.model_part(), console)

    def build(self, folder: Path) -> None:
        windows, counts = counted_windows(self._reader.source, self._config.data)
        self._tell(windows)
        write_entry(folder, self._config, self._reader, windows, counts, self._console, self._parent)
        if changed := changed_files(self._reader.source):
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise DataError(
                f"a log stays as it is while it is read; {changed[0]}{more} changed: begin anew when all are whole"
            )

    def anew(self, damaged: Entry, why: str) -> Entry:
        self._tell = lambda windows: None
        return self.store.found(self.key, self.build, damaged, why).entry
