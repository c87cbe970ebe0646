"""Past rates, from a stream: what every training row knew of its ids, and what the model takes along.

A training row sees the periods that ended before its own began. So no label of its own period, and none that came
later, reaches it by any way: not by its id's sums, and not by the overall rate, which is taken over the same earlier
periods. Flipping such a label changes no bit of the row.

Every other row (validation, test, serving) sees the whole training window.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.columns import Categories, Codes, Columns
from models.heads import Task
from models.past import PastRates, PastRatesConfig
from models.past.evidence import Base, Evidence, Floats, averaged, inputs
from models.past.rates import id_column
from training.data.labels import Labels
from training.fitting.by_period import Cumulated, PeriodSums
from training.fitting.past_totals import PastTotals

Times = NDArray[np.int64]
"""Microseconds since 1970 UTC, [rows]."""


@dataclass(frozen=True)
class History:
    """What was known of each id at the start of each period; for training rows alone, no checkpoint holds it.

    Attributes:
        config: whose past it is.
        tasks: those whose labels are averaged.
        number_of: ids, with the numbers that the sums know them by.
        by_id: rows, observed rows and sums of labels.
        overall: the same of all rows, and sums of squares.
        newest_us: time of the newest row, in microseconds since 1970 UTC; None where there was none.
    """

    config: PastRatesConfig
    tasks: tuple[Task, ...]
    number_of: dict[str, int]
    by_id: Cumulated
    overall: Cumulated
    newest_us: int | None

    def encode(self, columns: Columns, times: Times) -> NDArray[np.float32]:
        """Numbers of training rows, float32 [rows, num_inputs], each as of the start of the row's period."""
        ids = _numbered(id_column(self.config.of, columns), self.number_of, len(times))
        return self._at(ids, times // self.config.period_us)

    def snapshot(self) -> PastRates:
        """The state after the newest period, without ids that have no past."""
        end = 0 if self.newest_us is None else self.newest_us // self.config.period_us + 1
        found = self._at(np.arange(len(self.number_of)), np.full(len(self.number_of), end))
        has_past = (found != 0).any(axis=1)
        ids = [name for name, kept in zip(self.number_of, has_past.tolist(), strict=True) if kept]
        return PastRates(self.config.of, ids, found[has_past])

    def totals(self) -> PastTotals:
        """The sums that a run on later rows goes on from."""
        assert self.newest_us is not None, "a training window has rows"
        numbers, periods, sums = self.by_id.handed_on()
        used, owners = np.unique(numbers, return_inverse=True)
        names = list(self.number_of)
        _, overall_periods, overall = self.overall.handed_on()
        ids = [names[number] for number in used.tolist()]
        return PastTotals(ids, owners, periods, sums, overall_periods, overall, self.newest_us)

    def _at(self, ids: Codes, periods: Codes) -> NDArray[np.float32]:
        num_tasks = len(self.tasks)
        rows, observed, sums = np.split(self.by_id.before(ids, periods), [1, 1 + num_tasks], axis=1)
        distinct, inverse = np.unique(periods, return_inverse=True)
        base = _base(self.tasks, self.overall.before(np.zeros_like(distinct), distinct))
        base_of_rows = Base(base.mean[inverse], base.deviation[inverse])
        return inputs(self.config, self.tasks, Evidence(rows[:, 0], observed, sums), base_of_rows)


class PastFit:
    """Sums what one `[[past_rates]]` asks for, by id and period.

    Args:
        config: whose past it is.
        tasks: of the model.
        carried: sums of earlier rows to go on from; none where all rows are to come.
    """

    def __init__(self, config: PastRatesConfig, tasks: Sequence[Task], carried: PastTotals | None = None) -> None:
        self.config = config
        self.tasks = config.averaged_tasks(tasks)
        self._number_of: dict[str, int] = {}
        self._by_id = PeriodSums(1 + 2 * len(self.tasks))
        self._overall = PeriodSums(1 + 3 * len(self.tasks))
        self._newest_us: int | None = None
        if carried is not None:
            self._carry(carried)

    def add(self, columns: Columns, labels: Labels, times: Times) -> None:
        """Take in a chunk."""
        column = id_column(self.config.of, columns)
        for value in column.values if column is not None else ():
            self._number_of.setdefault(value, len(self._number_of))
        ids = _numbered(column, self._number_of, len(times))
        periods = times // self.config.period_us
        measured = self._measured(labels, len(times))
        squares = np.square(measured[:, 1 + len(self.tasks) :])
        self._by_id.add(ids[ids >= 0], periods[ids >= 0], measured[ids >= 0])
        self._overall.add(np.zeros_like(periods), periods, np.concatenate([measured, squares], axis=1))
        if len(times):
            newest = int(times.max())
            self._newest_us = newest if self._newest_us is None else max(newest, self._newest_us)

    def result(self) -> tuple[History, PastRates]:
        """What training rows see, and what all others see: the state after the newest period."""
        decay = self.config.decay
        cumulated = self._by_id.cumulated(decay), self._overall.cumulated(decay)
        history = History(self.config, self.tasks, self._number_of, *cumulated, self._newest_us)
        return history, history.snapshot()

    def _carry(self, carried: PastTotals) -> None:
        self._number_of = {value: number for number, value in enumerate(carried.ids)}
        self._by_id.add(carried.owners, carried.periods, carried.sums)
        self._overall.add(np.zeros_like(carried.overall_periods), carried.overall_periods, carried.overall)
        self._newest_us = carried.newest_us

    def _measured(self, labels: Labels, num_rows: int) -> Floats:
        """Rows, observed rows and averaged labels, [rows, 1 + 2 x tasks]."""
        values = [averaged(task, labels[task.name]) for task in self.tasks]
        observed = [(~np.isnan(value)).astype(np.float64) for value in values]
        return np.stack([np.ones(num_rows), *observed, *map(np.nan_to_num, values)], axis=1)


class Histories:
    """The past of training rows, of all `[[past_rates]]` in their order."""

    def __init__(self, histories: Sequence[History]) -> None:
        self._histories = tuple(histories)

    def encode(self, columns: Columns, times: Times) -> NDArray[np.float32]:
        """Numbers of training rows, float32 [rows, numbers of all past rates]."""
        found = [history.encode(columns, times) for history in self._histories]
        return np.concatenate(found, axis=1) if found else np.zeros((len(times), 0), np.float32)

    def totals(self) -> tuple[PastTotals, ...]:
        """The sums that a run on later rows goes on from."""
        return tuple(history.totals() for history in self._histories)


def _numbered(column: Categories | None, number_of: dict[str, int], num_rows: int) -> Codes:
    """The number of each row's id, [rows]; -1 where it is missing or was never seen."""
    if column is None:
        return np.full(num_rows, -1, dtype=np.int64)
    values = column.values
    numbers = np.fromiter((number_of.get(value, -1) for value in values), dtype=np.int64, count=len(values))
    found: Codes = np.append(numbers, -1)[column.codes]  # a code of -1 takes the appended -1
    return found


def _base(tasks: Sequence[Task], overall: Floats) -> Base:
    """Mean and deviation of all rows' averaged labels, [periods, tasks].

    A binary mean is kept off 0 and 1 by half a row of each outcome (Krichevsky, Trofimov 1981): its log-odds exist
    on the first day too.
    """
    num_tasks = len(tasks)
    _, observed, sums, squares = np.split(overall, [1, 1 + num_tasks, 1 + 2 * num_tasks], axis=1)
    is_binary = np.array([task.kind == "binary" for task in tasks], dtype=bool)
    some = np.maximum(observed, np.finfo(np.float64).tiny)
    mean = np.where(is_binary, (sums + 0.5) / (observed + 1.0), sums / some)
    variance = squares / some - np.square(mean)
    return Base(mean, np.sqrt(np.where(variance > 0, variance, 1.0)))
