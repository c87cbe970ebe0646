"""Multi-gate mixture of experts.

Ma, Zhao, Yi, Chen, Hong, Chi, "Modeling Task Relationships in Multi-task Learning with Multi-gate
Mixture-of-Experts", KDD 2018, https://doi.org/10.1145/3219819.3220007, equations 6 and 7.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from models.frozen import Frozen
from models.mlp import Mlp, MlpConfig
from models.trunks.cross import CrossNetworkConfig, crossed
from models.trunks.side_by_side import linear_side_by_side, mixed, outputs_of


class MMoEConfig(Frozen):
    """Experts that all tasks share, and how many."""

    kind: Literal["mmoe"] = "mmoe"
    num_experts: int = Field(default=4, ge=1)
    """Experts; each task mixes all of them by a gate of its own."""
    expert: MlpConfig = MlpConfig(widths=(64,))
    """On KuaiRand [64] was better than [128, 64] and [256, 128] on all three heads, and trains twice as fast."""
    cross: CrossNetworkConfig | None = None
    """A cross network in front of the experts; none where it is left out."""

    def build(self, input_width: int, num_tasks: int) -> "MMoE":
        """The trunk for an input of this width."""
        return MMoE(self, input_width, num_tasks)


class MMoE(nn.Module):
    """Mixes the experts for each task by a softmax gate of its own over the input.

    The experts' first layers are one matrix product, and so are all gates and all mixtures; a deeper layer is one
    product an expert, which is quicker than a stacked bank. Only experts read the crosses.
    """

    num_members = 1

    def __init__(self, config: MMoEConfig, input_width: int, num_tasks: int) -> None:
        super().__init__()
        self.cross = crossed(config.cross, input_width)
        self.experts = nn.ModuleList(Mlp(input_width, config.expert) for _ in range(config.num_experts))
        self.gates = nn.ModuleList(nn.Linear(input_width, config.num_experts, bias=False) for _ in range(num_tasks))
        self.output_width = config.expert.widths[-1]

    def common(self, x: Tensor) -> Tensor:
        """What all tasks share: every expert's last layer, [batch, experts, output_width]."""
        return outputs_of(list(self.experts), self.cross(x))  # type: ignore[arg-type]

    def split(self, common: Tensor, x: Tensor) -> list[Tensor]:
        """One representation a task, each [batch, output_width]."""
        logits = linear_side_by_side(list(self.gates), x)
        return mixed(logits.view(len(x), len(self.gates), len(self.experts)), common)
