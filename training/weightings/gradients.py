"""Gradients of the tasks joined on what they share, so that none is sacrificed to another.

    trunk and embeddings:  sum_k w_k grad L_k
    heads:                 sum_k     grad L_k,  so that a weight of zero starves no head

w comes from the Gramian of the tasks' gradients by the trunk's output, by a method of TorchJD (Quinton, Rey, "Jacobian
Descent for Multi-Objective Optimization", 2024, https://arxiv.org/abs/2406.16232, https://torchjd.org);
`training/weightings/torchjd_methods.py` has the paper of each. A Gramian at the trunk's output costs a pass through the
heads for each task and none through trunk and embeddings (Sener, Koltun 2018, https://arxiv.org/abs/1810.04650,
section 3.3). With the method `mean` all of this is equal weights.
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from models.errors import TrainingError
from models.frozen import Frozen
from models.heads import Head
from models.network import Network
from training.objective import Objective
from training.weightings.base import Weighting
from training.weightings.torchjd_methods import GramianWeights, Method, library_method


class GradientsConfig(Frozen):
    """The tasks' gradients joined on the shared representation, by TorchJD."""

    kind: Literal["gradients"]
    method: Method = "upgrad"
    """How conflicts are settled; `mean` is equal weights."""
    conflict_aversion: float = Field(default=0.4, ge=0, lt=1)
    """How far `cagrad` may leave the mean gradient for the task that gains the least, CAGrad's c."""

    def build(self, heads: Mapping[str, Head]) -> "Gradients":
        """The weighting for these heads.

        Raises:
            ConfigError: the library is not installed.
        """
        return Gradients(heads, self.method, library_method(self.method, self.conflict_aversion))


class Gradients(Weighting):
    """Each head learns from its own loss; what they share learns from the joined gradient.

    Args:
        tasks: their names.
        method: for people.
        gramian_weights: from a Gramian of trace 1, [tasks, tasks], to weights that are 1 where nothing conflicts.
    """

    def __init__(self, tasks: Mapping[str, object], method: str, gramian_weights: GramianWeights) -> None:
        super().__init__()
        self._method = method
        self._gramian_weights = gramian_weights
        self._weights = dict.fromkeys(tasks, torch.ones(()))

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The sum of the losses by the last weights: the part that moves what the tasks share."""
        return torch.stack([self._weights[name].to(loss) * loss for name, loss in losses.items()]).sum()

    def backward(self, objective: Objective) -> None:
        """Leave each loss's own gradient in the heads, and the joined gradient in trunk and embeddings."""
        rows = _leave_in_heads(objective)
        weights = self._joined(rows.double() @ rows.double().T)
        self._weights |= dict(zip(objective.losses, weights.unbind(), strict=True))
        torch.autograd.backward(self(objective.losses), inputs=_shared_parameters(objective.network))

    def _joined(self, gramian: Tensor) -> Tensor:
        """Weights from the Gramian, [tasks, tasks]; 1 for all where no task pulls.

        The Gramian of a mean over thousands of rows is far below 1e-4, where TorchJD takes a matrix for zero; its
        methods depend on nothing but ratios, so it is brought to a trace of 1 before.

        Raises:
            TrainingError: the method gave no finite weights.
        """
        trace = gramian.trace()
        if not trace > 0:
            return torch.ones(len(gramian), device=gramian.device)
        try:
            weights = self._gramian_weights(gramian / trace)
        except Exception as error:
            raise self._failed(f"the solver stopped with: {error}") from error
        if not torch.isfinite(weights).all():
            raise self._failed(f"found {weights.tolist()}")
        return weights

    def _failed(self, found: str) -> TrainingError:
        return TrainingError(
            f'weights of the tasks are finite; [training.weighting] method = "{self._method}" found none: {found}. No '
            f"weight was moved by this batch. Lower the learning rates, or choose another method"
        )

    def weights(self) -> dict[str, float]:
        """Factor of each task's loss for trunk and embeddings, in the last batch that had one; heads have 1."""
        return {name: float(weight) for name, weight in self._weights.items()}

    def memory(self) -> dict[str, Any]:
        """Factors of the last batch that had a task."""
        return {"weights": self._weights}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
        self._weights = {name: weight.clone() for name, weight in memory["weights"].items()}


def _leave_in_heads(objective: Objective) -> Tensor:
    """Leave each loss's gradient in the heads that it reaches; gives those at the common output, [tasks, values]."""
    parameters = [p for name, part in objective.network.subnets().items() if _is_head(name) for p in _trained(part)]
    rows: list[Tensor] = []
    for loss in objective.losses.values():
        wanted = [objective.common, *parameters]
        at_common, *of_heads = torch.autograd.grad(loss, wanted, retain_graph=True, allow_unused=True)
        for parameter, gradient in zip(parameters, of_heads, strict=True):
            if gradient is not None:
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        rows.append((torch.zeros_like(objective.common) if at_common is None else at_common).flatten().float())
    return torch.stack(rows)


def _shared_parameters(network: Network) -> list[nn.Parameter]:
    return [p for name, part in network.subnets().items() if not _is_head(name) for p in _trained(part)]


def _trained(part: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in part.parameters() if parameter.requires_grad]


def _is_head(subnet: str) -> bool:
    return subnet.startswith("heads.")
