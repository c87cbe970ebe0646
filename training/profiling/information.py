"""How much of a label's entropy one feature alone explains, in its bins and by being missing."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.columns import Bags
from training.evaluation.binary import entropy
from training.profiling.feature_bins import Bins, Codes
from training.profiling.sample import SampledRows, present_rows

FEWEST = 30
"""Rows of each outcome: with fewer, a bin that holds one of them seems to tell it."""
Counts = NDArray[np.float64]


def information(feature: str, bins: Bins, tasks: Sequence[str], rows: Sequence[SampledRows]) -> dict[str, float]:
    """By binary task, mutual information over the entropy of the label, 0 to 1; of a list only whether there is one.

    What chance alone shows, (bins - 1) / (2 rows) nats (Miller, "Note on the Bias of Information Estimates", 1955), is
    taken off.
    """
    counts = {task: np.zeros((bins.num_bins + 1, 2)) for task in tasks}
    for part in rows:
        codes = _codes(feature, bins, part)
        for task, cells in counts.items():
            cells += _cells(codes, part.labels[task], bins.num_bins)
    return {task: _explained(cells) for task, cells in counts.items()}


def _explained(counts: Counts) -> float:
    """Of rows by bin and outcome, [bins + 1, 2]."""
    outcomes = counts.sum(axis=0)
    if outcomes.min() < FEWEST:
        return 0.0
    total = float(outcomes.sum())
    expected = counts.sum(axis=1, keepdims=True) * outcomes / total
    seen = counts > 0
    found = float((counts[seen] * np.log(counts[seen] / expected[seen])).sum() / total)
    chance = (int((counts.sum(axis=1) > 0).sum()) - 1) / (2 * total)
    explained: float = max(0.0, found - chance) / entropy(float(outcomes[1] / total))
    return explained


def _codes(feature: str, bins: Bins, rows: SampledRows) -> Codes:
    """The bin of each row, [rows]; rows without a value have one behind all."""
    column = rows.features[feature]
    present = present_rows(column)
    codes = np.full(rows.num_rows, bins.num_bins)
    codes[present] = 0 if isinstance(column, Bags) else bins.codes(column)
    return codes


def _cells(codes: Codes, label: NDArray[np.float64], num_bins: int) -> Counts:
    """Rows by bin and outcome, [bins + 1, 2]."""
    counted = ~np.isnan(label)
    cells = 2 * codes[counted] + (label[counted] > 0)
    return np.bincount(cells, minlength=2 * (num_bins + 1)).reshape(-1, 2).astype(np.float64)
