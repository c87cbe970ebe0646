"""From jobs to their predictions: encode, predict, and see that every number is finite."""

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from models.batch import EncodedBatch, SplitBatch, concatenate
from models.encoder import PADDING, Encoder
from models.inference import CompiledPredictor
from models.inference.parts import Parts
from service.batching.job import Job, Values
from service.coverage import Coverage
from service.refusal import NOT_FINITE, Refusal


class Forward:
    """What is computed for the jobs of one turn; knows nothing of queues and of time limits.

    Args:
        encoder: of the model.
        compiled: predicts encoded rows.
    """

    def __init__(self, encoder: Encoder, compiled: CompiledPredictor) -> None:
        self.compiled = compiled
        self._encoder = encoder
        self._coverage = Coverage(encoder, Parts.of(encoder))

    def alone(self, job: Job, max_rows: int) -> int:
        """Predict the next rows of one job, at most so many; the number of rows predicted.

        Where it has a context, that is computed once for all candidates.

        Raises:
            Refusal: a prediction is not finite.
        """
        batch = self._encoded(job, split=True)
        started = perf_counter()
        values = self.compiled.predict(_rows(batch, job.num_done, max_rows))
        job.seconds["network"] = job.seconds.get("network", 0.0) + perf_counter() - started
        self._keep(job, values)
        return len(values)

    def together(self, jobs: Sequence[Job]) -> int:
        """Predict all rows of some jobs in one batch; the number of rows predicted.

        A job with a prediction that is not finite fails alone.
        """
        batch = concatenate([self._whole(job) for job in jobs], PADDING)
        started = perf_counter()
        values = self.compiled.predict(batch)
        seconds = perf_counter() - started
        first = 0
        for job in jobs:
            job.seconds["network"] = seconds
            try:
                self._keep(job, values[first : first + job.num_rows])
            except Refusal as refusal:
                job.fail(refusal)
            first += job.num_rows
        return len(values)

    def _encoded(self, job: Job, *, split: bool) -> EncodedBatch | SplitBatch:
        if job.batch is None:
            started = perf_counter()
            request = job.request
            if split and request.context is not None:
                job.batch = self._encoder.encode_split(request.columns, request.num_rows, request.context)
            else:
                job.batch = self._encoder.encode(request.columns, request.num_rows, request.context)
            job.seconds["encode"] = perf_counter() - started
            job.unknown, job.missing = self._coverage.of(job.batch)
        return job.batch

    def _whole(self, job: Job) -> EncodedBatch:
        batch = self._encoded(job, split=False)
        assert isinstance(batch, EncodedBatch)
        return batch

    def _keep(self, job: Job, values: Values) -> None:
        check_finite(values, self.compiled.fields, job.num_done)
        job.parts.append(values)
        job.num_done += len(values)


def _rows(batch: EncodedBatch | SplitBatch, first: int, max_rows: int) -> EncodedBatch | SplitBatch:
    """At most so many rows from the first on; nothing is copied."""
    if first == 0 and len(batch) <= max_rows:
        return batch
    if isinstance(batch, SplitBatch):
        return SplitBatch(batch.context, _slice(batch.candidates, first, first + max_rows))
    return _slice(batch, first, first + max_rows)


def _slice(batch: EncodedBatch, first: int, end: int) -> EncodedBatch:
    return EncodedBatch(
        batch.ids[first:end], {name: bag[first:end] for name, bag in batch.bags.items()}, batch.numerics[first:end]
    )


def check_finite(values: Values, fields: Sequence[str], first: int = 0) -> None:
    """See that all predictions are numbers.

    Args:
        values: predictions, [rows, fields].
        fields: their names.
        first: position of the first row in its request.

    Raises:
        Refusal: one is NaN or infinite.
    """
    finite = np.isfinite(values)
    if not finite.all():
        row, column = np.argwhere(~finite)[0].tolist()
        raise _not_finite(first + row, fields[column])


def _not_finite(row: int, field: str) -> Refusal:
    return Refusal(
        NOT_FINITE,
        f"predictions are finite; found NaN or infinity in '{field}' of row {row}: look for an extreme number "
        f"in that row; if there is none, the model is broken and should be rolled back",
        row=row,
        field=field,
    )
