"""A model that collapses as it begins to see its training rows for the second time.

Zhang et al., "Towards Understanding the Overfitting Phenomenon of Deep Click-Through Rate Models", CIKM 2022,
https://arxiv.org/abs/2209.06053. What an embedding learned of an id with few rows is mostly those rows' own luck. In
the first pass nothing could be gained from it; in the second the network meets the same rows again, finds that the ids
know their labels, and comes to trust them: the training loss drops within a few steps, and the validation loss jumps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import ClassVar

from training.tally import Mean
from training.telemetry.alarms.rule import Finding

DROP = 0.2
"""Of what the task knew of the training rows: in planted collapses at least 0.4 (docs/overfitting.md)."""
ERRORS = 3.0
"""Standard errors that the drop exceeds: a few batches more or less lucky are no drop."""
RISE = 0.05
"""Of what the task knew of the validation rows: on real logs 0.15 to 0.2, and planted at least as much."""
TIMES = 2.0
"""That the rise exceeds what as many looks before the boundary brought: slow overfitting goes on as it was."""


@dataclass(frozen=True)
class EpochLook:
    """A validation beside the training steps that led to it.

    Attributes:
        epoch: in which these steps were made, from 1.
        step: of the validation.
        training: by task, the mean loss over these steps, in units of the base rate's.
        validation: by task, in the same unit.
        score: their mean.
    """

    epoch: int
    step: int
    training: dict[str, Mean]
    validation: dict[str, float]
    score: float


class OneEpochRule:
    """Training loss down at an epoch's boundary, validation loss up right after it; neither is the trend before."""

    kind: ClassVar[str] = "one_epoch"

    def judge(self, looks: Sequence[EpochLook]) -> Finding | None:
        """What the newest look shows of the last boundary.

        Args:
            looks: all of the run so far, the newest last.
        """
        newest = looks[-1]
        before = [look for look in looks if look.epoch < newest.epoch]
        after = looks[len(before) :]
        if not before or not _is_right_after(before, after) or newest.score <= before[-1].score:
            return None
        words = [_words(task, before[-1], after) for task in newest.validation if _collapsed(task, before, after)]
        return _finding(before[-1].epoch, words) if words else None


def _is_right_after(before: Sequence[EpochLook], after: Sequence[EpochLook]) -> bool:
    """Within the first half of the epoch, as the one before it was looked at."""
    last = [look for look in before if look.epoch == before[-1].epoch]
    return 2 * len(after) <= len(last) + 1


def _collapsed(task: str, before: Sequence[EpochLook], after: Sequence[EpochLook]) -> bool:
    return _drops(task, before, after) and _rises(task, before, after)


def _drops(task: str, before: Sequence[EpochLook], after: Sequence[EpochLook]) -> bool:
    """Whether the training loss fell since the boundary by more than by chance, and by more than it was falling anyway.

    It takes as many looks as the rise: the network first has to find that the ids know their labels.
    """
    last, now = before[-1].training.get(task), after[-1].training.get(task)
    if last is None or now is None:
        return False
    earlier = before[-2].training.get(task) if len(before) > 1 else None
    trend = 0.0 if earlier is None else (earlier.value - last.value) * len(after)
    drop = last.value - now.value
    return drop > max(DROP * (1 - last.value), ERRORS * hypot(last.error, now.error), trend, 0.0)


def _rises(task: str, before: Sequence[EpochLook], after: Sequence[EpochLook]) -> bool:
    """Whether the validation loss rose since the epoch's end by more than in as many looks before, or ever in one."""
    past = [look.validation[task] for look in before]
    end = past[-1]
    jumps = [later - earlier for earlier, later in pairwise(past)]
    usual = max([end - min(past[-1 - len(after) :]), *jumps])
    return after[-1].validation[task] - end > max(RISE * (1 - end), TIMES * usual, 0.0)


def _words(task: str, end: EpochLook, after: Sequence[EpochLook]) -> str:
    training = f"{end.training[task].value:.3f} to {after[-1].training[task].value:.3f}"
    validation = f"{end.validation[task]:.3f} to {after[-1].validation[task]:.3f}"
    return f"{task}'s training loss fell from {training} and its validation loss rose from {validation}"


def _finding(epoch: int, words: Sequence[str]) -> Finding:
    return Finding(
        "embeddings",
        f"one-epoch collapse: as epoch {epoch + 1} began, {'; '.join(words)}",
        f"Set max_epochs = {epoch} in [training], which also saves the time, or learn from more passes by "
        f'reset_embeddings = "each_epoch"',
    )
