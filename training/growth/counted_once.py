"""Past rates count each row once: no run goes on from sums that hold its rows already."""

from collections.abc import Iterator

import numpy as np

from models.errors import DataError
from training.data.config import DataConfig, SplitConfig
from training.data.reader import Chunk
from training.growth.parent import Parent


def counted_once(chunks: Iterator[Chunk], parent: Parent | None, split: SplitConfig) -> Iterator[Chunk]:
    """The same chunks of a training window, with times, unless the sums behind a parent's past rates may hold a row.

    Where both windows are cut by a column of partitions, their values tell, and rows may arrive late. Else each row
    has to be later than the newest that the sums hold.

    Raises:
        DataError: a row is not.
    """
    past = () if parent is None or parent.inheritance is None else parent.inheritance.past
    if not past or parent is None or _begins_after(parent, split):
        return chunks
    return _later(chunks, past[0].newest_us)


def _begins_after(parent: Parent, split: SplitConfig) -> bool:
    """Whether the training window begins behind the parent's, by the same column of partitions."""
    before = DataConfig.model_validate(parent.manifest.training["config"]["data"])
    first, end = split.train_from, before.split.validation_from
    if split.column is None or split.column != before.split.column or first is None or end is None:
        return False
    if len(first) != len(end):  # of one length, texts and numbers have one order
        return False
    named = before.partitions
    if named is None or named.column != split.column:
        return first >= end
    return first > max(value for value in named.values if value < end)  # one between the two was left out then


def _later(chunks: Iterator[Chunk], newest_us: int) -> Iterator[Chunk]:
    for chunk in chunks:
        assert chunk.times is not None, "past rates depend on the times of rows"
        if chunk.num_rows and chunk.times.min() <= newest_us:
            newest, found = np.array([newest_us, chunk.times.min()]).astype("datetime64[us]").tolist()
            raise DataError(
                f"past rates count each row once; the parent's hold rows up to {newest} UTC, and the training window "
                f"has a row of {found}: begin it later ([data.split] train_from), or split by a column of partitions "
                f"that the parent was not trained on"
            )
        yield chunk
