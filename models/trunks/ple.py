"""Progressive layered extraction: experts of each task's own and experts that all share, in layers.

Tang, Liu, Zhao, Gong, "Progressive Layered Extraction (PLE): A Novel Multi-Task Learning (MTL) Model for Personalized
Recommendations", RecSys 2020, https://doi.org/10.1145/3383313.3412236, equations 5 to 7 and figures 4 and 5.

    a task's gate       mixes its own experts and the shared ones of the layer, in every layer
    the shared gate     mixes ALL experts of the layer, below the top; the top layer has none

A gate reads what its own branch got from the layer below: the input, then what that branch's gate mixed there. Ports
of the paper often let the shared gate mix shared experts alone, and then what one task's experts learn in a lower layer
never reaches another task. With one layer this is customised gate control (CGC), equations 1 to 4.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from models.frozen import Frozen
from models.mlp import Mlp, MlpConfig
from models.trunks.cross import CrossNetworkConfig, crossed


class PleConfig(Frozen):
    """Experts of each task and shared ones, how many, and in how many layers."""

    kind: Literal["ple"]
    num_layers: int = Field(default=2, ge=1)
    """Extraction layers; 1 is CGC."""
    num_task_experts: int = Field(default=1, ge=1)
    """Experts that each task has to itself, in each layer."""
    num_shared_experts: int = Field(default=2, ge=1)
    """Experts that all tasks share, in each layer."""
    expert: MlpConfig = MlpConfig(widths=(64,))
    """Layers of each expert."""
    cross: CrossNetworkConfig | None = None
    """A cross network in front of the first layer; none where it is left out."""

    def build(self, input_width: int, num_tasks: int) -> "Ple":
        """The trunk for an input of this width."""
        return Ple(self, input_width, num_tasks)


class Ple(nn.Module):
    """Layers of extraction; the tasks part where the top layer's gates mix its experts.

    What all tasks share is one vector a row: the outputs of all top experts, then the logits of all top gates. The
    gates are in it because they read what lower layers mixed, and `split` gets nothing but the input beside it.
    """

    num_members = 1

    def __init__(self, config: PleConfig, input_width: int, num_tasks: int) -> None:
        super().__init__()
        self.cross = crossed(config.cross, input_width)
        self.num_tasks = num_tasks
        self.output_width = config.expert.widths[-1]
        widths = [input_width] + [self.output_width] * (config.num_layers - 1)
        self.layers = nn.ModuleList(
            Extraction(config, width, num_tasks, has_shared_gate=number < config.num_layers)
            for number, width in enumerate(widths, start=1)
        )

    def common(self, x: Tensor) -> Tensor:
        """The top layer before its experts are mixed, [batch, experts x output_width + gates x mixed experts]."""
        x = self.cross(x)
        branches = [x] * (self.num_tasks + 1)
        experts, logits = self.layers[0](branches)
        for layer in self.layers[1:]:
            experts, logits = layer(_mixed(experts, logits))
        return torch.cat([each for branch in experts for each in branch] + logits, dim=1)

    def split(self, common: Tensor, x: Tensor) -> list[Tensor]:
        """One representation a task, each [batch, output_width]."""
        top: Extraction = self.layers[-1]  # type: ignore[assignment]
        experts, logits = top.parts(common)
        return _mixed(experts, logits)


Experts = list[list[Tensor]]
"""By branch, the tasks and then the shared one, the outputs of its experts, [batch, output_width] each."""


class Extraction(nn.Module):
    """One layer: the experts of each branch, and the logits of its gate.

    Branches are the tasks, in their order, and then the shared one.
    """

    def __init__(self, config: PleConfig, input_width: int, num_tasks: int, has_shared_gate: bool) -> None:
        super().__init__()
        self.counts = [config.num_task_experts] * num_tasks + [config.num_shared_experts]
        self.width = config.expert.widths[-1]
        self.experts = nn.ModuleList(
            nn.ModuleList(Mlp(input_width, config.expert) for _ in range(count)) for count in self.counts
        )
        mixed = [config.num_task_experts + config.num_shared_experts] * num_tasks
        self.gate_widths = [*mixed, sum(self.counts)] if has_shared_gate else mixed
        self.gates = nn.ModuleList(nn.Linear(input_width, count, bias=False) for count in self.gate_widths)

    def forward(self, branches: list[Tensor]) -> tuple[Experts, list[Tensor]]:
        """Outputs of the experts by branch, and the logits of each gate, [batch, experts that it mixes].

        Args:
            branches: what each branch reads, [batch, width], the shared one last.
        """
        experts = [
            [expert(x) for expert in own]  # type: ignore[attr-defined]
            for own, x in zip(self.experts, branches, strict=True)
        ]
        return experts, [gate(x) for gate, x in zip(self.gates, branches, strict=False)]

    def parts(self, packed: Tensor) -> tuple[Experts, list[Tensor]]:
        """What `forward` gave, from all of it side by side."""
        total = sum(self.counts)
        found = torch.split(packed, [self.width] * total + self.gate_widths, dim=1)
        experts = iter(found[:total])
        return [[next(experts) for _ in range(count)] for count in self.counts], list(found[total:])


def _mixed(experts: Experts, logits: list[Tensor]) -> list[Tensor]:
    """What each gate makes of the experts that it may see, [batch, output_width] each."""
    *tasks, shared = experts
    seen = [[*own, *shared] for own in tasks] + [[each for branch in experts for each in branch]]
    return [_by_gate(gate, each) for gate, each in zip(logits, seen, strict=False)]


def _by_gate(logits: Tensor, experts: list[Tensor]) -> Tensor:
    weights = torch.softmax(logits, dim=1).unsqueeze(1)
    return torch.bmm(weights, torch.stack(experts, dim=1)).squeeze(1)
