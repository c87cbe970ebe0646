"""Integer codes for peers: what every one of their libraries takes.

0 is missing and padding, 1 an id that the training rows hold less than MIN_COUNT times, then the known ids. A number
becomes its quantile bucket, which is an id too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.rows import Rows
from models.columns import Bags, Categories
from models.features import CategoricalFeature, MultiCategoricalFeature, NumericFeature
from models.features.numeric import transformed

MISSING, UNKNOWN, NUM_RESERVED = 0, 1, 2
MIN_COUNT = 2
NUM_BUCKETS = 32
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Coded:
    """Codes of all rows.

    Attributes:
        ids: by categorical or numeric feature, [rows].
        lists: by list feature, [rows, length], padded on the right with 0.
        sizes: number of codes, by the feature that owns them.
        shares: by list feature, whose codes it uses where not its own.
        numbers: by numeric feature, after its transform, [rows]; NaN where missing.
    """

    ids: dict[str, Codes]
    lists: dict[str, Codes]
    sizes: dict[str, int]
    shares: dict[str, str]
    numbers: dict[str, NDArray[np.float64]]


def coded(rows: Rows) -> Coded:
    """Code all features; what is counted or ranked is counted in the training rows alone."""
    found = Coded({}, {}, {}, {}, {})
    known: dict[str, dict[str, int]] = {}
    for feature in rows.features:
        column = rows.columns[feature.name]
        if isinstance(feature, CategoricalFeature):
            assert isinstance(column, Categories)
            known[feature.name] = _known(column.values, column.codes[rows.train])
            found.ids[feature.name] = np.append(_looked_up(known[feature.name], column.values), MISSING)[column.codes]
        elif isinstance(feature, NumericFeature):
            assert isinstance(column, np.ndarray)
            found.numbers[feature.name] = transformed(feature, column)
            found.ids[feature.name], size = _buckets(found.numbers[feature.name], rows.train)
            found.sizes[feature.name] = size
    for feature in rows.features:
        if isinstance(feature, MultiCategoricalFeature):
            column = rows.columns[feature.name]
            assert isinstance(column, Bags)
            if feature.shares is None:
                trained = np.repeat(rows.train, np.diff(column.offsets))
                known[feature.name] = _known(column.values, column.codes[trained])
            else:
                found.shares[feature.name] = feature.shares
            table = known[feature.shares or feature.name]
            found.lists[feature.name] = _padded(column, _looked_up(table, column.values), feature.max_length)
    found.sizes.update({name: NUM_RESERVED + len(table) for name, table in known.items()})
    return found


def _known(values: list[str] | tuple[str, ...], codes: Codes) -> dict[str, int]:
    """Ids seen often enough, with their codes, the most frequent first."""
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    often = [index for index in np.argsort(-counts, kind="stable").tolist() if counts[index] >= MIN_COUNT]
    return {values[index]: code for code, index in enumerate(often, start=NUM_RESERVED)}


def _looked_up(table: dict[str, int], values: list[str] | tuple[str, ...]) -> Codes:
    return np.array([table.get(value, UNKNOWN) for value in values], dtype=np.int64)


def _buckets(values: NDArray[np.float64], train: NDArray[np.bool_]) -> tuple[Codes, int]:
    """Quantile buckets of the training rows from 1, and how many codes there are."""
    seen = values[train & ~np.isnan(values)]
    edges = np.unique(np.quantile(seen, np.arange(1, NUM_BUCKETS) / NUM_BUCKETS)) if len(seen) else np.empty(0)
    codes = 1 + np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), MISSING, codes), len(edges) + 2


def _padded(column: Bags, codes: Codes, length: int) -> Codes:
    """Lists cut to their last `length` elements, [rows, length]; missing elements are left out."""
    lists = np.zeros((len(column), length), dtype=np.int64)
    for row, (start, end) in enumerate(zip(column.offsets[:-1], column.offsets[1:], strict=True)):
        held = column.codes[start:end]
        held = held[held >= 0][-length:]
        lists[row, : len(held)] = codes[held]
    return lists
