"""Each task's loss over the rows in which its label counts."""

from collections.abc import Mapping

from torch import Tensor

from models.network import Network


def task_losses(network: Network, outputs: Mapping[str, Tensor], labels: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Mean loss of each task, a scalar, in units of the loss of always predicting the base rate.

    Args:
        network: whose heads know their losses.
        outputs: by task, [batch, outputs of the head].
        labels: by task, [batch], NaN where the label does not count.

    Returns:
        Only tasks with at least one observed row in the batch: a mean of nothing is no loss of zero.
    """
    losses: dict[str, Tensor] = {}
    for name, output in outputs.items():
        observed = ~labels[name].isnan()
        if observed.any():
            losses[name] = network.head(name).loss(output[observed], labels[name][observed]).mean()
    return losses
