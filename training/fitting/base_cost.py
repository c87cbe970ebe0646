"""What a head's base distribution costs: the unit of its losses."""

import torch
from numpy import float64
from numpy.typing import NDArray

from models.heads import DurationStatistics, DurationTask, ValueStatistics, ValueTask

COST_ROWS = 20_000
"""Rows that are looked at together."""


@torch.inference_mode()
def base_cost(
    task: DurationTask | ValueTask, statistics: DurationStatistics | ValueStatistics, sample: NDArray[float64]
) -> float:
    """Mean cost of outputs of zero, which predict the distribution of all rows.

    Args:
        task: whose head it is.
        statistics: what that head needs; a cost in there is not looked at.
        sample: of the labels, [rows].
    """
    in_nats = statistics.model_copy(update={"base_cost": 1.0})
    with torch.random.fork_rng(devices=[]):  # the head's first weights are of no use here, and draw from no one's seed
        head = task.build(1, in_nats)  # type: ignore[arg-type]
    parts = torch.split(torch.from_numpy(sample), COST_ROWS)
    return sum(float(head.loss(torch.zeros(len(part), head.num_outputs), part).sum()) for part in parts) / len(sample)
