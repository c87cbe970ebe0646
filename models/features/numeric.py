"""A feature with one number a row: a price, an age, a count."""

from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.columns import Codes, Numbers
from models.features.base import FeatureBase
from models.features.vocabulary import MISSING
from models.frozen import Frozen


class NumericFeature(FeatureBase):
    """One number a row, or none."""

    kind: Literal["numeric"]
    transform: Literal["none", "log1p"] = "none"
    """`log1p` is taken of the size and keeps the sign, so negative values stay defined and in order."""
    encoding: Literal["quantile_buckets", "piecewise_linear", "standardise"] = "quantile_buckets"
    """Buckets of equal weight with a learned embedding each; or between their edges a line from one learned vector to
    the next; or (x - mean) / standard deviation.

    Buckets are the default: on Census-Income they gained more AUC (+0.006) than any change of architecture.
    """
    num_buckets: int = Field(default=32, ge=2, le=4096)
    """Buckets at the most; repeated quantiles are merged."""


class NumericStatistics(Frozen):
    """What was measured of a numeric feature over the training window, after its transform."""

    mean: float
    standard_deviation: float
    """1.0 where the feature is constant."""
    boundaries: tuple[float, ...]
    """Inner edges of the quantile buckets, strictly ascending; repeated quantiles are merged."""
    lowest: float | None = None
    """The smallest value; not in checkpoints from before there was `piecewise_linear`."""
    highest: float | None = None
    """The largest value; as `lowest`."""

    @cached_property
    def edges(self) -> tuple[float, ...]:
        """All edges of the buckets, strictly ascending; of a constant feature its one value."""
        outer = [edge for edge in (self.lowest, self.highest) if edge is not None]
        return tuple(sorted({*self.boundaries, *outer}))

    @property
    def num_pieces(self) -> int:
        """Pieces between the edges; none where the feature is constant."""
        return max(0, len(self.edges) - 1)

    @property
    def num_rows(self) -> int:
        """Rows of the bucket table: missing, then one a bucket."""
        return len(self.boundaries) + 2


def transformed(feature: NumericFeature, column: Numbers) -> Numbers:
    """The column after the feature's transform, [batch]; NaN stays NaN."""
    if feature.transform == "log1p":
        return np.sign(column) * np.log1p(np.abs(column))
    return column


class Buckets:
    """Finds the bucket of a number: an edge belongs to the bucket above it, and what is missing has one behind all."""

    def __init__(self, feature: NumericFeature, statistics: NumericStatistics) -> None:
        self._feature = feature
        self._edges = np.array([*statistics.boundaries, np.nan])  # NaN sorts as the largest
        self._rows = np.array([*range(1, statistics.num_rows), MISSING])

    def rows(self, column: Numbers) -> Codes:
        """Table rows, [batch]: MISSING, or 1 + the bucket's number."""
        found: Codes = self._rows[self._edges.searchsorted(transformed(self._feature, column), side="right")]
        return found


def encode_pieces(feature: NumericFeature, statistics: NumericStatistics, column: Numbers) -> NDArray[np.float32]:
    """Two inputs a row, [batch, 2]: the position among the pieces (0 where missing) and the missing flag.

    A position of 2.25 is a quarter of the way through the third piece; values beyond the outer edges are held at them.
    """
    values = transformed(feature, column)
    missing = np.isnan(values)
    if not (num_pieces := statistics.num_pieces):
        return np.stack([np.zeros_like(values), missing], axis=1).astype(np.float32)
    edges = np.asarray(statistics.edges)
    held = np.where(missing, edges[0], values).clip(edges[0], edges[-1])
    piece = np.searchsorted(edges[1:-1], held, side="right")
    within = (held - edges[piece]) / (edges[piece + 1] - edges[piece])
    return np.stack([(piece + within).clip(0, num_pieces), missing], axis=1).astype(np.float32)
