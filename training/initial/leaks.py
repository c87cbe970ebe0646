"""Columns that look like the consequence of a label rather than its cause."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.columns import Codes, Numbers
from training.initial.column import ColumnProfile
from training.initial.labels import LabelGuess

_TELLS_TOO_MUCH = 0.93
"""A single column that orders a binary label this well (AUC) is rather its consequence than its cause."""
_SAME_ORDER = 0.98
"""So is a number whose rank correlation with a duration (Spearman 1904) is this high, whatever its sign."""
_MOST_VALUES = 50
"""Values of their own rate: with more, the column is an id, and people do have habits."""
_ROWS_A_VALUE = 20
"""Rows of each outcome that a value needs on average to have a rate of its own: fewer would fit noise."""
_FEW_ROWS = 20
"""A rank correlation of fewer rows is high by chance."""


def leak(column: ColumnProfile, labels: Sequence[LabelGuess]) -> str | None:
    """Why the column looks like a consequence of a label; None where it does not."""
    held = (column.codes >= 0).astype(np.int64)
    for label in labels:
        name, outcome = label.column.name, label.column.numbers
        if label.kind == "binary":
            auc = _auc(column.codes, outcome, column.is_number)
            if auc > _TELLS_TOO_MUCH:
                return f"orders '{name}' almost perfectly (AUC {auc:.2f}): an outcome?"
            auc = _auc(held, outcome, ordered=True)
            if auc > _TELLS_TOO_MUCH:
                return f"where it is null tells '{name}' almost perfectly (AUC {auc:.2f}): an outcome?"
        elif column.is_number:
            correlation = _rank_correlation(column.codes, label.column.codes)
            if abs(correlation) > _SAME_ORDER:
                return f"orders rows as '{name}' does (rank correlation {correlation:.2f}): an outcome?"
    return None


def _auc(codes: Codes, outcome: Numbers, ordered: bool) -> float:
    """How well the values order a binary outcome, from 0.5 to 1, rows without a value or an outcome left out.

    Values come in the order of their rates where there are few, and else in their own where they have one.
    """
    rows = (codes >= 0) & ~np.isnan(outcome)
    total = np.bincount(codes[rows]).astype(float)
    positive = np.bincount(codes[rows], outcome[rows])
    positive, negative = positive[total > 0], (total - positive)[total > 0]
    num_positive, num_negative = positive.sum(), negative.sum()
    if num_positive == 0 or num_negative == 0:
        return 0.5
    if len(positive) <= _MOST_VALUES and min(num_positive, num_negative) >= _ROWS_A_VALUE * len(positive):
        order = np.argsort(positive / (positive + negative))
        positive, negative = positive[order], negative[order]
    elif not ordered:
        return 0.5
    below = np.cumsum(negative) - negative / 2
    auc = float((positive * below).sum() / (num_positive * num_negative))
    return max(auc, 1 - auc)


def _rank_correlation(codes: Codes, others: Codes) -> float:
    rows = (codes >= 0) & (others >= 0)
    ranks, other_ranks = _mid_ranks(codes[rows]), _mid_ranks(others[rows])
    if rows.sum() < _FEW_ROWS or np.ptp(ranks) == 0 or np.ptp(other_ranks) == 0:
        return 0.0
    return float(np.corrcoef(ranks, other_ranks)[0, 1])


def _mid_ranks(codes: Codes) -> NDArray[np.float64]:
    """Ranks of the rows; equal values share the mean of theirs."""
    counts = np.bincount(codes)
    ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[codes]
    return ranks
