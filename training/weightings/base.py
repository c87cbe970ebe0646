"""What every weighting is: it turns the losses of the tasks into gradients."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from training.objective import Objective


class Weighting(nn.Module):
    """Turns the losses of the tasks into gradients of the network, and of its own parameters if it has any.

    A step is `start`, `backward`, the optimizers' step, and `look_again` where `looks_again` is set.
    """

    looks_again = False
    """Whether the weighting learns from what the step did to the losses of the same rows."""

    def start(self, losses: Mapping[str, Tensor]) -> None:
        """See the losses before the first step is made of them; a task may come later than others."""

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The scalar whose gradient moves the network, from the tasks that have a loss in this batch."""
        raise NotImplementedError

    def backward(self, objective: Objective) -> None:
        """Leave a gradient in every parameter of the network that the losses reach."""
        self(objective.losses).backward()

    def look_again(self, losses: Mapping[str, Tensor]) -> None:
        """See what the losses of the same rows are after the step, and leave gradients in own parameters."""

    def weights(self) -> dict[str, float]:
        """Current factor of each task's loss."""
        raise NotImplementedError

    def sigmas(self) -> dict[str, float]:
        """Learned sigma of each task, in the unit in which its loss arrives; empty where none is learned."""
        return {}

    def state(self) -> dict[str, Any]:
        """Parameters, and what the weighting remembers of the losses so far."""
        return {"parameters": dict(self.state_dict()), "memory": self.memory()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state; its tensors are copied."""
        self.load_state_dict(state["parameters"])
        self.recall(state["memory"])

    def memory(self) -> dict[str, Any]:
        """What is remembered beside the parameters, in lists, dictionaries, numbers and tensors."""
        return {}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
