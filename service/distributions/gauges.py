"""The window as metrics: rows by field and bin, which several processes, and several hosts, add up."""

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Gauge

from models.reference import Reference
from service.distributions.window import BUCKET_S, PredictionWindow

ROWS = "prediction_window_rows"
SUM = "prediction_window_sum"


def bin_label(number: int) -> str:
    """Of a bin of a field; two digits, so that they sort."""
    return f"{number:02d}"


class PredictionGauges:
    """Counts the predictions of one version at a time. Used from the event loop only: no lock.

    Attributes:
        fields: of the answers that are counted, as the engine's ranker has them; None where nothing is.
        reference: of the version that is counted, where it has one.

    Args:
        rows: by field and bin.
        sums: of predictions by field.
    """

    def __init__(self, rows: Gauge, sums: Gauge) -> None:
        self.fields: tuple[str, ...] | None = None
        self.reference: Reference | None = None
        self._rows = rows
        self._sums = sums
        self._window = PredictionWindow([])
        self._columns: list[int] = []
        self._children: list[tuple[list[Gauge], Gauge]] = []
        self._refresh_is_due = False

    def follow(self, fields: tuple[str, ...], reference: Reference | None) -> None:
        """Count answers with these fields from now on, from zero.

        Args:
            fields: the very object that outcomes carry: those of another version are told apart by it.
            reference: of the version.
        """
        for bins, total in self._children:
            for child in (*bins, total):
                child.set(0)
        self.reference = reference
        known = reference.predictions if reference else {}
        compared = {field: known[field] for field in fields if field in known}
        self.fields = fields if compared else None
        self._columns = [fields.index(field) for field in compared]
        self._window = PredictionWindow([np.asarray(r.edges, np.float32) for r in compared.values()])
        self._children = [
            ([self._rows.labels(field, bin_label(place)) for place in range(len(r.shares))], self._sums.labels(field))
            for field, r in compared.items()
        ]

    def take(self, values: Sequence[NDArray[np.float32]]) -> None:
        """Count rows of several answers, each [rows, fields]."""
        self._window.take(np.concatenate(values)[:, self._columns])
        self.refresh()

    def refresh(self) -> None:
        """Show the window as it is now, and again when its oldest rows have left it."""
        counts, sums = self._window.totals()
        for (bins, total), in_bins, value in zip(self._children, counts.tolist(), sums.tolist(), strict=True):
            for child, count in zip(bins, in_bins, strict=False):
                child.set(count)
            total.set(value)
        if counts.any():
            self._refresh_later()

    def _refresh_later(self) -> None:
        if self._refresh_is_due:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody is being served
            return
        self._refresh_is_due = True
        loop.call_later(BUCKET_S, self._refresh_now)

    def _refresh_now(self) -> None:
        self._refresh_is_due = False
        self.refresh()
