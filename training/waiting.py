"""How long the training loop waits for its batches."""

import time
from collections.abc import Generator, Iterator

from training.data.batches import TrainingBatch
from training.history import History


def waited_for(batches: Iterator[TrainingBatch], history: History) -> Iterator[TrainingBatch]:
    """The same batches; the time until each is there is added to the history's."""
    try:
        while True:
            asked = time.monotonic()
            batch = next(batches, None)
            history.waited_seconds += time.monotonic() - asked
            if batch is None:
                return
            yield batch
    finally:
        if isinstance(batches, Generator):
            batches.close()
