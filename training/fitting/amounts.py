"""Statistics of an amount that is zero or more."""

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError
from models.heads import ValueStatistics, ValueTask
from models.heads.inflated import Inflation
from training.fitting.base_cost import base_cost
from training.fitting.inflation import smoothed_share
from training.fitting.moments import Moments

SMALLEST_DEVIATION = 1e-3
"""Of the logarithm: amounts that are all but equal still get a spread, or errors would be counted in nothings."""


def value_statistics(task: ValueTask, sample: NDArray[np.float64], moments: Moments) -> ValueStatistics:
    """What the head of this task needs to know.

    Args:
        task: whose label it is.
        sample: of the labels in their unit, [rows].
        moments: of all labels.

    Raises:
        DataError: no amount is above zero, or none differs from another.
    """
    positive = sample[sample > 0]
    if len(positive) == 0 or moments.is_constant:
        raise DataError(
            f"a value is above zero in some rows and differs; column '{task.label}' of task '{task.name}' is "
            f"{moments.highest:g} at most and {moments.lowest:g} at least in {moments.num_values:,} observed rows: "
            f"remove the task, or correct the log"
        )
    logarithm = np.log(positive)
    deviation = max(float(logarithm.std()), SMALLEST_DEVIATION)
    amounts = Inflation(
        threshold=0.0,
        share_above=smoothed_share(len(positive), len(sample)),
        log_mean=float(logarithm.mean()),
        log_deviation=deviation,
        log_unit=deviation,
    )
    found = ValueStatistics(
        num_observed=moments.num_values, mean=moments.mean, max=moments.highest, amounts=amounts, base_cost=1.0
    )
    return found.model_copy(update={"base_cost": base_cost(task, found, sample)})
