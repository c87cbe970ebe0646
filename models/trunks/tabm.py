"""An ensemble of perceptrons that share their weights.

Gorishniy, Kotelnikov, Babenko, "TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling", ICLR 2025,
https://arxiv.org/abs/2410.24210, section 3. Each of its layers is that of Wen, Tran, Ba, "BatchEnsemble: An Alternative
Approach to Efficient Ensemble and Lifelong Learning", ICLR 2020, https://arxiv.org/abs/2002.06715. Member k makes

    l_k(x) = s_k * (W (r_k * x)) + b_k

with W shared by all. The first r is drawn; all other r and s start at 1 and the b of a layer alike, so that the members
start apart by nothing but how each sees an input. TabM draws random signs; BatchEnsemble signs or N(1, 0.5).

Each member learns from its own loss, and the output is the mean over the members. The paper gives each member a
prediction layer of its own. Here the heads are shared, and a member has an r (and a bias) of its own for each task's
head: docs/trunks.md has what either brings.
"""

from itertools import pairwise
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from models.frozen import Frozen
from models.members import by_member
from models.mlp import Mlp, MlpConfig
from models.trunks.cross import CrossNetworkConfig, crossed

SPREAD = 0.5
"""Of a start near one, BatchEnsemble's."""


class TabMConfig(Frozen):
    """An ensemble whose members share the weights of one perceptron, for all tasks."""

    kind: Literal["tabm"]
    num_members: int = Field(default=8, ge=2)
    """Members; trunk and heads run once for each."""
    start: Literal["signs", "near_one"] = "signs"
    """How members start apart: each sees every input with a sign of its own, or scaled by a draw from N(1, 0.5). On
    small tables they do alike; where ids are embedded `near_one` is better."""
    mlp: MlpConfig = MlpConfig(widths=(128, 64))
    """The layers that the members share."""
    cross: CrossNetworkConfig | None = None
    """A cross network in front of the members, who share it; none where it is left out."""

    def build(self, input_width: int, num_tasks: int) -> "TabM":
        """The trunk for an input of this width."""
        return TabM(self, input_width, num_tasks)


class TabM(nn.Module):
    """Hands every task a representation for each member; `models.members` says how these lie in a batch."""

    def __init__(self, config: TabMConfig, input_width: int, num_tasks: int) -> None:
        super().__init__()
        self.num_members = config.num_members
        self.cross = crossed(config.cross, input_width)
        widths = pairwise(config.mlp.widths)
        first = FirstLayer(input_width, config.mlp.widths[0], _drawn(config.start, config.num_members, input_width))
        self.mlp = Mlp(input_width, config.mlp, [first, *(MemberLayer(*each, config.num_members) for each in widths)])
        self.output_width = self.mlp.output_width
        self.adapters = nn.ModuleList(Adapter(self.output_width, config.num_members) for _ in range(num_tasks))

    def common(self, x: Tensor) -> Tensor:
        """What all tasks share, [batch x members, output_width]."""
        hidden: Tensor = self.mlp(self.cross(x))
        return hidden

    def split(self, common: Tensor, x: Tensor) -> list[Tensor]:
        """One representation a task, each [batch x members, output_width]."""
        return [adapter(common) for adapter in self.adapters]


class Adapter(nn.Module):
    """A scale and a bias of each member's own, [batch x members, width] to the same."""

    def __init__(self, width: int, num_members: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(num_members, width))
        self.bias = nn.Parameter(torch.zeros(num_members, width))

    def forward(self, x: Tensor) -> Tensor:
        """What each member makes of its rows."""
        return torch.addcmul(self.bias, by_member(x, len(self.scale)), self.scale).flatten(0, 1)


class FirstLayer(nn.Module):
    """The layer in which the members part, [batch, input width] to [batch x members, output width].

    W (r_k * x) is (W r_k) x: r goes to the weights, so that the wide input is not repeated for each member.

    Args:
        input_width: of the input that all members read.
        output_width: of each member's units.
        seen: the r with which they start, [members, input width].
    """

    def __init__(self, input_width: int, output_width: int, seen: Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(input_width, output_width, bias=False)
        self.seen = nn.Parameter(seen)
        self.made = _made(input_width, output_width, len(seen))

    def forward(self, x: Tensor) -> Tensor:
        """Each member's units."""
        weights = (self.linear.weight * self.seen.unsqueeze(1)).flatten(0, 1)  # [members x output width, input width]
        units: Tensor = self.made(functional.linear(x, weights).reshape(-1, self.linear.out_features))
        return units


class MemberLayer(nn.Module):
    """A layer between members, [batch x members, input width] to [batch x members, output width]."""

    def __init__(self, input_width: int, output_width: int, num_members: int) -> None:
        super().__init__()
        self.linear = nn.Linear(input_width, output_width, bias=False)
        self.seen = nn.Parameter(torch.ones(num_members, input_width))
        self.made = _made(input_width, output_width, num_members)

    def forward(self, x: Tensor) -> Tensor:
        """Each member's units."""
        seen = (by_member(x, len(self.seen)) * self.seen).flatten(0, 1)
        units: Tensor = self.made(self.linear(seen))
        return units


def _drawn(start: str, num_members: int, width: int) -> Tensor:
    """The first r, [members, width]."""
    if start == "signs":
        return 2.0 * torch.randint(2, (num_members, width)) - 1.0
    return 1.0 + SPREAD * torch.randn(num_members, width)


def _made(input_width: int, output_width: int, num_members: int) -> Adapter:
    """The s and b of a layer; b as in an ordinary layer, and the same for all members."""
    adapter = Adapter(output_width, num_members)
    with torch.no_grad():
        adapter.bias.copy_(torch.empty(output_width).uniform_(-1, 1) / input_width**0.5)
    return adapter
