"""What was summed of the past of ids, in the form in which a later run goes on from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.columns import Codes


@dataclass(frozen=True)
class PastTotals:
    """Sums by id, each as of the end of the newest period in which the id had a row; decay goes on from there.

    Attributes:
        ids: with a row.
        periods: the newest of each id, [ids].
        sums: rows, observed rows and sums of labels, [ids, 1 + 2 x tasks].
        newest: the newest period of any row: later runs begin after it.
        overall: the same sums of all rows, and sums of squares, [1 + 3 x tasks].
    """

    ids: list[str]
    periods: Codes
    sums: NDArray[np.float64]
    newest: int
    overall: NDArray[np.float64]

    def of(self, stays: NDArray[np.bool_]) -> "PastTotals":
        """The same of some ids, [ids]; what the others add to the overall sums stays."""
        ids = [value for value, kept in zip(self.ids, stays.tolist(), strict=True) if kept]
        return PastTotals(ids, self.periods[stays], self.sums[stays], self.newest, self.overall)
