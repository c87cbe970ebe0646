"""A sketch of a partition's rows that tells whether another partition is a copy of it, whole or in part.

Each row has a hash of its time of day, its labels and its first categories, so a copy under another date has the same
ones, in whatever order and however cut into files. The smallest hashes of a partition are a uniform sample of its
distinct rows, and two such samples tell how many rows are shared (Beyer et al., "On Synopses for Distinct-Value
Estimation Under Multiset Operations", SIGMOD 2007).
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from models.columns import Categories
from models.distinct import Integers

Hashes = NDArray[np.uint64]
SIZE = 128
"""Hashes kept of a partition: a share of one half is told to 0.045 (one standard error)."""
FEWEST = 20
"""With fewer hashes in common reach two sketches say nothing."""
KEPT_IN = 16
"""One row in so many has its categories read; which ones, its own content says, so copies keep the same."""
_DAY = 86_400_000_000
_SHIFT = np.uint64(11)
"""Hashes of 53 bits pass through JSON readers that know floats only."""


def quick_hashes(times: NDArray[np.int64], labels: Mapping[str, NDArray[np.float64]]) -> Hashes:
    """Of the time of day and the labels of rows, [rows].

    Args:
        times: microseconds since 1970 UTC, [rows].
        labels: by task, [rows], NaN where none counts.
    """
    hashes = _mixed((times % _DAY).astype(np.uint64))
    for label in labels.values():
        hashes = _mixed(hashes ^ np.where(np.isnan(label), -1.0, label + 0.0).view(np.uint64))
    return hashes


def chosen(hashes: Hashes) -> NDArray[np.bool_]:
    """Rows whose categories are read, too, [rows]."""
    mask: NDArray[np.bool_] = hashes % np.uint64(KEPT_IN) == 0
    return mask


def with_categories(hashes: Hashes, columns: Iterable[Categories]) -> Hashes:
    """Hashes of the same rows that depend on categories as well, [rows]."""
    for column in columns:
        each = np.append(_of_values(column), np.uint64(0))  # a code of -1 takes the appended one
        hashes = _mixed(hashes ^ each[column.codes])
    return hashes >> _SHIFT


class Sketch:
    """The smallest hashes so far."""

    def __init__(self) -> None:
        self._kept = np.empty(0, np.uint64)

    def add(self, hashes: Hashes) -> None:
        """Take in rows, [rows]."""
        self._kept = np.unique(np.concatenate([self._kept, hashes]))[:SIZE]

    @property
    def hashes(self) -> tuple[int, ...]:
        """Ascending."""
        return tuple(self._kept.tolist())


def shared(one: tuple[int, ...], other: tuple[int, ...]) -> float | None:
    """Share of the first partition's distinct rows that the second has, too; None where sketches do not tell."""
    reach = min(part[-1] for part in (one, other) if len(part) == SIZE) if SIZE in (len(one), len(other)) else None
    mine = [each for each in one if reach is None or each <= reach]
    return len(set(mine) & set(other)) / len(mine) if len(mine) >= FEWEST else None


def _of_values(column: Categories) -> Hashes:
    if isinstance(column.values, Integers):
        return _mixed(column.values.numbers.view(np.uint64))
    digests = b"".join(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest() for text in column.values)
    return np.frombuffer(digests, np.uint64)


def _mixed(values: Hashes) -> Hashes:
    """SplitMix64's finaliser (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014)."""
    with np.errstate(over="ignore"):
        mixed = values + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
