"""Encoded rows of a window on disk, made of the pieces that the cache is made of."""

from pathlib import Path

from models.encoder import Encoder
from training.cache.blocks import StoredRows
from training.cache.build import encoded, written
from training.data.reader import LogReader
from training.data.windows import Window
from training.fitting.past import Histories


def stored(
    folder: Path,
    reader: LogReader,
    encoder: Encoder,
    window: Window,
    block_rows: int = 8,
    histories: Histories | None = None,
) -> StoredRows:
    """The rows of a window, written into a folder that is not there yet."""
    lists = tuple(feature.name for feature in encoder.bag_features)
    chunks = reader.chunks(window, with_times=histories is not None)
    parts = encoded(encoder, chunks, histories or Histories(()))
    return StoredRows(folder, written(folder, lists, block_rows, parts), lists, [task.name for task in reader.tasks])
