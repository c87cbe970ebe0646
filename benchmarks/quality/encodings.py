"""Target encodings of ids: the smoothed mean of a label over the other rows with the same id.

Micci-Barreca, "A Preprocessing Scheme for High-Cardinality Categorical Attributes in Classification and Prediction
Problems", SIGKDD Explorations 2001, https://doi.org/10.1145/507533.507538: the mean of the id is drawn towards the
mean of all rows as if PRIOR_ROWS rows of that mean had been seen too. `past_only` lets a row know earlier days alone,
as it would be when served (Prokhorenkova et al., "CatBoost", NeurIPS 2018, https://arxiv.org/abs/1706.09516, on why);
`leave_one_out` lets a training row know all training rows but itself, later ones included.
"""

import numpy as np
from numpy.typing import NDArray

PRIOR_ROWS = 20.0
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def past_only(key: Codes, label: Floats, train: NDArray[np.bool_], day: Codes) -> tuple[Floats, Floats]:
    """Smoothed mean and count of the label over the training rows of earlier days.

    Args:
        key: which id, from 0, [rows].
        label: NaN where it does not count, [rows].
        train: rows whose label may be known to later days, [rows].
        day: the row's day, [rows].

    Returns:
        Mean, NaN where no earlier day has a label; and the count of labels with that id; both [rows].
    """
    sums, counts = np.zeros(key.max() + 1), np.zeros(key.max() + 1)
    mean, count = np.full(len(key), np.nan), np.zeros(len(key))
    for today in np.unique(day):
        rows = np.flatnonzero(day == today)
        count[rows] = counts[key[rows]]
        if counts.any():
            prior = sums.sum() / counts.sum()
            mean[rows] = (sums[key[rows]] + PRIOR_ROWS * prior) / (count[rows] + PRIOR_ROWS)
        known = rows[train[rows] & ~np.isnan(label[rows])]
        np.add.at(sums, key[known], label[known])
        np.add.at(counts, key[known], 1.0)
    return mean, count


def leave_one_out(key: Codes, label: Floats, train: NDArray[np.bool_], day: Codes) -> tuple[Floats, Floats]:
    """Smoothed mean and count of the label over all training rows but the row itself.

    Arguments and results are those of `past_only`; the day makes no difference.
    """
    known = train & ~np.isnan(label)
    sums = np.bincount(key[known], label[known], minlength=key.max() + 1)
    counts = np.bincount(key[known], minlength=key.max() + 1).astype(np.float64)
    prior = sums.sum() / counts.sum()
    count = counts[key] - known
    own = np.where(known, label, 0.0)
    return (sums[key] - own + PRIOR_ROWS * prior) / (count + PRIOR_ROWS), count
