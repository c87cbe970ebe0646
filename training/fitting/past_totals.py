"""What was summed of the past of ids, in the form in which a later run goes on from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.columns import Codes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PastTotals:
    """Sums by id and period.

    An id has up to two pairs: its sums as of the end of its last period before the newest one of any row, where decay
    goes on, and those of its rows in the newest period alone, which later rows of that period join.

    Attributes:
        ids: with a row.
        owners: of each pair, the position of its id, ascending, [pairs].
        periods: of each pair, [pairs].
        sums: rows, observed rows and sums of labels, [pairs, 1 + 2 x tasks].
        overall_periods: the same of all rows, [1 or 2].
        overall: the same sums of all rows, and sums of squares, [1 or 2, 1 + 3 x tasks].
        newest_us: time of the newest row, in microseconds since 1970 UTC: later runs begin after it.
    """

    ids: list[str]
    owners: Codes
    periods: Codes
    sums: Floats
    overall_periods: Codes
    overall: Floats
    newest_us: int

    @property
    def last_periods(self) -> Codes:
        """The newest period of each id, [ids]."""
        return self.periods[np.flatnonzero(np.diff(self.owners, append=-1))]

    def of(self, stays: NDArray[np.bool_]) -> "PastTotals":
        """The same of some ids, [ids]; what the others add to the overall sums stays."""
        ids = [value for value, kept in zip(self.ids, stays.tolist(), strict=True) if kept]
        pairs = stays[self.owners]
        owners = (np.cumsum(stays) - 1)[self.owners[pairs]]
        held = owners, self.periods[pairs], self.sums[pairs]
        return PastTotals(ids, *held, self.overall_periods, self.overall, self.newest_us)
