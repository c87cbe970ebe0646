"""Teacher forcing: a reader first sees labels, and step by step the estimates that it will have when it serves.

Bengio, Vinyals, Jaitly, Shazeer, "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks", NIPS
2015, https://arxiv.org/abs/1506.03099, section 2.4, linear decay; a coin is thrown for each row and edge.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from models.heads import Edge
from models.members import for_each_member
from models.network import Handing, Network

LARGEST_SEED = 2**31


class Teacher:
    """Knows at each step which edges are still taught."""

    def __init__(self, network: Network) -> None:
        self._network = network
        edges = [edge for task in network.graph.tasks.values() for edge in task.reads]
        self.last_step = max((edge.teacher_forcing_steps for edge in edges), default=0)
        self._seed = int(torch.randint(LARGEST_SEED, ())) if self.last_step else 0  # an untaught run draws nothing

    def handing(self, labels: Mapping[str, Tensor], step: int) -> Handing | None:
        """What crosses the edges in a step, counted from 0; None once all estimates cross as they are.

        The coins of a step are always the same: a weighting that looks at its rows again sees the same lesson. All
        members of an ensemble see the same one too.

        Args:
            labels: by task, [batch], NaN where the label does not count: such rows see the estimate.
            step: the step that is being made.
        """
        if step >= self.last_step:
            return None
        coins = torch.Generator().manual_seed(self._seed + step)

        def hand(reader: str, edge: Edge, estimate: Tensor) -> Tensor:
            if step >= edge.teacher_forcing_steps:
                return estimate
            label = labels[edge.task]
            told = torch.rand(len(label), generator=coins).to(label.device) < 1 - step / edge.teacher_forcing_steps
            told, label = (for_each_member(each, len(estimate) // len(label)) for each in (told, label))
            return torch.where((told & ~label.isnan()).unsqueeze(1), self._lesson(edge, label), estimate)

        return hand

    def _lesson(self, edge: Edge, label: Tensor) -> Tensor:
        """What crosses the edge in place of an estimate, of its shape: what the label stands for, in its unit."""
        head = self._network.head(edge.task)
        output = head.taught(label.nan_to_num())
        return output if edge.hands_on == "output" else head.estimate(output)
