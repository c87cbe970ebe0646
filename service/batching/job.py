"""One request between its admission and its outcome."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.batch import EncodedBatch, SplitBatch
from service.coverage import Counts
from service.refusal import DEADLINE_EXCEEDED, Refusal
from service.request import PredictRequest

Values = NDArray[np.float32]
"""Predictions, [rows, fields]."""


def never() -> bool:
    """For a caller that cannot leave: nothing is ever dropped for it."""
    return False


@dataclass(slots=True, eq=False)
class Job:
    """One request in the queue.

    Attributes:
        request: the rows.
        queued_at: when it was admitted, by `time.monotonic`.
        deadline: when its answer is of no use any more, by `time.monotonic`; None: never.
        gone: whether the client has left.
        future: that it is done, or of its refusal; None before it is in the queue. It
            does not hold the job, which holds it: no cycle is left to the collector.
        batch: the encoded rows, from its first turn on.
        parts: predictions so far, in the order of the rows.
        num_done: rows predicted so far.
        unknown: rows with an unknown category, by feature.
        missing: rows without a value, by feature.
        seconds: by stage.
    """

    request: PredictRequest
    queued_at: float
    deadline: float | None = None
    gone: Callable[[], bool] = never
    future: "asyncio.Future[None] | None" = None
    batch: EncodedBatch | SplitBatch | None = None
    parts: list[Values] = field(default_factory=list)
    num_done: int = 0
    unknown: Counts = field(default_factory=dict)
    missing: Counts = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def num_rows(self) -> int:
        """Rows asked for."""
        return self.request.num_rows

    @property
    def values(self) -> Values:
        """All predictions; complete once the future is done."""
        return self.parts[0] if len(self.parts) == 1 else np.concatenate(self.parts)

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for it any more: it has its outcome, or whoever asked was cancelled."""
        return self.future is not None and self.future.done()

    def is_late(self, now: float) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and now > self.deadline

    def finish(self) -> None:
        """Hand the predictions over, unless nobody waits any more."""
        if self.future is not None and not self.future.done():
            self.future.set_result(None)

    def fail(self, error: Exception) -> None:
        """Hand the error over, unless nobody waits any more."""
        if self.future is not None and not self.future.done():
            self.future.set_exception(error)


def too_late(found: str) -> Refusal:
    """The refusal of a request whose deadline cannot be or was not met."""
    return Refusal(
        DEADLINE_EXCEEDED,
        f"an answer is sent before the deadline that the request names; found {found}: allow more time, send fewer "
        f"rows, or add processes",
    )
