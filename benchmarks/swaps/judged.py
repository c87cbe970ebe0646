"""What the answers say: how many were lost or wrong, how long they took, and when everybody had followed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.swaps.measured import Change, Measured
from benchmarks.swaps.traffic import Asked
from benchmarks.swaps.versions import Oracle

OK = 200


@dataclass(frozen=True)
class Judged:
    """One service.

    Attributes:
        workers: of the service.
        num_requests: in all.
        num_failed: without an answer or refused.
        num_wrong: whose predictions are not those of the version that the answer names.
        num_stale: that began after all workers had followed, and name another version than the one wanted.
        num_cut: connections that the service ended.
        quiet, changing: seconds of the answers that nothing else fell into, and of those that waited during a change.
        followed: by kind of change: seconds until the last request began that was answered by the version before.
        mib: see `Measured`.
    """

    workers: int
    num_requests: int
    num_failed: int
    num_wrong: int
    num_stale: int
    num_cut: int
    quiet: NDArray[np.float64]
    changing: NDArray[np.float64]
    followed: dict[str, list[float]]
    mib: list[float]

    @property
    def ratio(self) -> float:
        """The 99th percentile during a change over that between changes."""
        return float(np.percentile(self.changing, 99) / np.percentile(self.quiet, 99))

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost, wrong or stale."""
        return not (self.num_failed or self.num_wrong or self.num_stale or self.num_cut)


def judged(found: Measured, oracle: Oracle) -> Judged:
    """Look at every answer."""
    asked = found.traffic.asked
    good = [each for each in asked if each.status == OK]
    dues = np.array([each.due for each in good])
    seconds = np.array([each.seconds for each in good])
    is_changing, is_quiet, num_stale = np.zeros(len(good), dtype=bool), dues >= found.changes[0].began, 0
    followed: dict[str, list[float]] = {"swap": [], "rollback": []}
    for change, end in zip(found.changes, _next(found.changes), strict=True):
        is_changing |= (dues + seconds > change.began) & (dues < change.ended)
        is_quiet &= (dues + seconds <= change.prepared) | (dues >= change.ended)
        old = [each for each in good if change.began <= each.due < end and each.version != change.version]
        followed[change.kind].append(max((each.due - change.began for each in old), default=0.0))
        num_stale += sum(each.due >= change.ended for each in old)
    return Judged(
        workers=found.workers,
        num_requests=len(asked),
        num_failed=len(asked) - len(good),
        num_wrong=_num_wrong(good, oracle),
        num_stale=num_stale,
        num_cut=found.traffic.num_cut,
        quiet=seconds[is_quiet],
        changing=seconds[is_changing],
        followed=followed,
        mib=found.mib,
    )


def _next(changes: Sequence[Change]) -> list[float]:
    """When the registry had the change after each."""
    return [*(each.began for each in changes[1:]), float("inf")]


def _num_wrong(good: Sequence[Asked], oracle: Oracle) -> int:
    return sum(not oracle.is_right(each.body, each.answer) for each in good)
