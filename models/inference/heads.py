"""All heads, each after those that it reads: from representations to outputs."""

from copy import deepcopy

import torch
from torch import Tensor, nn

from models.heads import Edge, Head
from models.inference.exportable import exportable
from models.inference.layers import layers_of, sequential
from models.members import mean_of_members
from models.network import Network


class Heads(nn.Module):
    """What `Network.after_trunk` does, without what only training needs.

    Args:
        network: whose heads these are.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.graph = network.graph
        self.num_members = network.num_members
        self.positions = {name: position for position, name in enumerate(self.graph.tasks)}
        heads = [network.head(name) for name in self.graph.tasks]
        self.towers = nn.ModuleList(sequential(layers_of(head.tower)) for head in heads)
        self.outputs = nn.ModuleList(deepcopy(head.output) for head in heads)
        self.estimates = nn.ModuleList(exportable(head) for head in heads)

    def forward(self, representations: list[Tensor]) -> list[Tensor]:
        """Each task's output, [batch, outputs of the head], in the order of the configuration.

        Args:
            representations: [batch, width], or [batch x members, width] of an ensemble, one a task.
        """
        hidden: dict[str, Tensor] = {}
        outputs: dict[str, Tensor] = {}
        for name in self.graph.order:
            position = self.positions[name]
            read = [self._handed_on(edge, hidden, outputs) for edge in self.graph.tasks[name].reads]
            x = torch.cat([representations[position], *read], dim=1) if read else representations[position]
            hidden[name] = self.towers[position](x)
            outputs[name] = self.outputs[position](hidden[name])
        return [mean_of_members(outputs[name], self.num_members) for name in self.graph.tasks]

    def _handed_on(self, edge: Edge, hidden: dict[str, Tensor], outputs: dict[str, Tensor]) -> Tensor:
        if edge.hands_on == "representation":
            return hidden[edge.task]
        if edge.hands_on == "output":
            return outputs[edge.task]
        head: Head = self.estimates[self.positions[edge.task]]  # type: ignore[assignment]
        return head.estimate(outputs[edge.task])
