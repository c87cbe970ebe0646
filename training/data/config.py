"""Where the logs are, and how they are cut by time."""

import re
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from models.frozen import Frozen
from models.names import ColumnName
from training.cache.config import CacheConfig
from training.data.partitions import PartitionsConfig
from training.negative_sampling import NegativeSampling

WITHOUT_EFFECT: Any = {"path": True, "prefetch_batches": True, "cache": {"enabled", "folder", "max_gib"}}
"""Settings of [data] that change no bit of a model; of the path, what is read there counts."""
_DURATION = re.compile(r"^([1-9]\d{0,3})([dh])$")


class SplitConfig(Frozen):
    """Three windows in time: train, then validation, then test. Rows are never split at random.

    Either two lengths, counted back from the newest row (whole days end at midnight UTC), or two starts.
    """

    validation: str | None = Field(default=None, pattern=_DURATION.pattern)
    """Length of the validation window, such as "1d" or "6h"."""
    test: str | None = Field(default=None, pattern=_DURATION.pattern)
    """Length of the test window, the newest rows."""
    column: ColumnName | None = None
    """Cut by this column instead of the timestamp, for instance a `date` partition; needs the two starts."""
    train_from: str | None = None
    """Older rows are left out."""
    validation_from: str | None = None
    """First value of the validation window, such as "2026-01-13"."""
    test_from: str | None = None
    """First value of the test window."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        lengths, starts = (self.validation, self.test), (self.validation_from, self.test_from)
        if None not in lengths and starts == (None, None) and self.column is None and self.train_from is None:
            return self
        if None not in starts and lengths == (None, None):
            if not _before(str(self.validation_from), str(self.test_from)):
                raise ValueError(
                    f"`validation_from` lies before `test_from`; found {self.validation_from} and {self.test_from}"
                )
            return self
        raise ValueError(
            'a split is either two lengths (validation = "1d", test = "1d") or two starts (validation_from and '
            "test_from, with `column` and `train_from` if wanted); found a mixture or half of one"
        )


def _before(start: str, end: str) -> bool:
    """Numbers compare as numbers, everything else (ISO dates) as text."""
    try:
        return float(start) < float(end)
    except ValueError:
        return start < end


def parse_duration(text: str) -> timedelta:
    """Time from text such as "1d" or "6h"."""
    match = _DURATION.match(text)
    assert match is not None
    number = int(match.group(1))
    return timedelta(days=number) if match.group(2) == "d" else timedelta(hours=number)


class DataConfig(Frozen):
    """The logs, and how they are read."""

    path: str = Field(min_length=1)
    """A folder (hive partitions are columns), a glob or a file; Parquet or CSV. Relative to the working folder, or a
    URL such as `s3://bucket/folder` (docs/storage.md)."""
    timestamp: ColumnName
    """Orders the rows. A timestamp column, or whole numbers in `timestamp_unit`."""
    timestamp_unit: Literal["s", "ms", "us"] | None = None
    """Unit of a timestamp that is a whole number, counted from 1970 UTC."""
    split: SplitConfig
    """Which rows train, which validate, which test."""
    partitions: PartitionsConfig | None = None
    """The only partitions that are read; all where the section is left out."""
    read_rows: int = Field(default=65_536, ge=1)
    """Rows that are read and encoded at a time."""
    shuffle_rows: int = Field(default=262_144, ge=1)
    """Training batches are drawn from a pool of about this many rows; it bounds the memory that data takes."""
    prefetch_batches: int = Field(default=4, ge=0)
    """Training batches that a thread has ready ahead of the step; with 0 the training makes each itself."""
    cache: CacheConfig = CacheConfig()
    """Where encoded rows are kept (docs/data.md)."""
    negative_sampling: NegativeSampling | None = None
    """Train on a share of the negatives of one task, exactly corrected (docs/calibration.md)."""

    @property
    def sampling(self) -> NegativeSampling | None:
        """The sampling that leaves rows out; None where all are kept."""
        return None if self.negative_sampling is None or self.negative_sampling.keep == 1 else self.negative_sampling
