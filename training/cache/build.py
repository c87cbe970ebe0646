"""Makes an entry: one pass over the training window that fits, a second one that encodes."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from models.encoder import Encoder
from models.encoder_files import save_encoder
from models.errors import ConfigError
from training.cache.entry import TRAIN, VALIDATION, encoder_digests
from training.cache.manifest import FORMAT, EntryManifest, StoredWindow, write_manifest
from training.cache.rows import EncodedRows
from training.cache.writer import RowsWriter
from training.config import Config
from training.data.batches import encode_chunk, sampled, without_padding
from training.data.parallel import WORKERS, in_order
from training.data.reader import Chunk, LogReader
from training.data.windows import Window, WindowCounts, Windows
from training.fitting.fit import FittedData, fit_data
from training.fitting.past import Histories
from training.growth.counted_once import counted_once
from training.growth.growing import Growing
from training.growth.parent import Parent
from training.progress import counted

LARGEST_ROW = 2**31 - 1


def write_entry(
    folder: Path,
    config: Config,
    reader: LogReader,
    windows: Windows,
    counts: WindowCounts,
    console: Console,
    parent: Parent | None = None,
) -> None:
    """Fit and encode the log into an empty folder; the test window is looked through for what would stop a run.

    Raises:
        DataError: a value or a window breaks a rule.
        ConfigError: the embeddings have more rows than a 32-bit number can count.
    """
    data = _fitted(config, reader, windows.train, console, parent)
    encoder, size = data.encoder, config.data.cache.block_rows
    lists = tuple(feature.name for feature in encoder.bag_features)
    train = counted(
        reader.chunks(windows.train, with_times=bool(config.past_rates)), console, "encoding", windows.train.num_rows
    )
    validation = without_padding(sampled(reader, encoder, windows.validation, config.training.validation_rows))
    stored = {
        TRAIN: written(folder / TRAIN, lists, size, encoded(encoder, train, data.histories)),
        VALIDATION: written(folder / VALIDATION, lists, size, [validation]),
    }
    for _ in counted(reader.chunks(windows.test), console, "checking the test window", windows.test.num_rows):
        pass  # a chunk is checked as it is read
    save_encoder(folder, encoder)
    if data.inheritance is not None:
        data.inheritance.save(folder)
    manifest = EntryManifest(
        format=FORMAT,
        name=config.name,
        counts=counts,
        statistics=data.statistics,
        null_shares=data.null_shares,
        tasks=tuple(task.name for task in config.tasks),
        lists=lists,
        encoder=encoder_digests(folder),
        windows=stored,
    )
    write_manifest(folder, manifest)


def _fitted(config: Config, reader: LogReader, window: Window, console: Console, parent: Parent | None) -> FittedData:
    model = config.model_part()
    growing = Growing(model, config.training.growth, parent)
    train = reader.chunks(window, with_times=bool(model.past_rates) or growing.needs_times)
    train = growing.watching(counted_once(train, parent, config.data.split))
    chunks = counted(train, console, "fitting the encoder", window.num_rows)
    rows = ((c.features, c.labels, c.num_rows, c.times) for c in chunks)
    data = growing.finished(fit_data(model, rows, config.training.seed, growing.carried))
    if data.encoder.num_rows > LARGEST_ROW:
        raise ConfigError(
            f"rows of the embedding table are counted in 32 bits, up to {LARGEST_ROW:,}; found "
            f"{data.encoder.num_rows:,}: set `max_size`, a larger `min_count` or fewer `num_buckets`"
        )
    return data


def encoded(encoder: Encoder, chunks: Iterable[Chunk], histories: Histories) -> Iterable[EncodedRows]:
    """The rows of the chunks, in order, as rows that are trained on."""
    past = histories if encoder.fitted.past else None
    return in_order(lambda chunk: without_padding(encode_chunk(encoder, chunk, past)), chunks, WORKERS)


def written(folder: Path, lists: tuple[str, ...], block_rows: int, parts: Iterable[EncodedRows]) -> StoredWindow:
    """Write rows into a new folder."""
    with RowsWriter(folder, lists, block_rows) as writer:
        for part in parts:
            writer.add(part)
        return writer.finished()
