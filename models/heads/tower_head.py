"""What all heads are made of: a tower, and a linear layer that turns its last hidden layer into outputs."""

from abc import ABC, abstractmethod
from typing import Literal

from torch import Tensor, nn

from models.calibration import Calibration
from models.heads.base import TaskBase
from models.mlp import Mlp

Likelihood = Literal["gaussian", "categorical"]
"""What a loss is the negative logarithm of: `gaussian` for a squared error, `categorical` for a cost in nats."""


class TowerHead(nn.Module, ABC):
    """A tower with one or more outputs; what they mean is the subclass's.

    Outputs of zero predict the base rate: what is known without looking at a row.
    """

    num_outputs: int = 1
    likelihood: Likelihood

    def __init__(self, task: TaskBase, input_width: int, num_outputs: int = 1) -> None:
        super().__init__()
        self.task = task
        self.num_outputs = num_outputs
        self.tower = Mlp(input_width, task.tower)
        self.output = nn.Linear(self.tower.output_width, num_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Raw values, [batch, num_outputs], from a representation and estimates, [batch, input width]."""
        output: Tensor = self.output(self.tower(x))
        return output

    @property
    @abstractmethod
    def base_loss(self) -> float:
        """What always predicting the base rate costs: the unit of `loss`."""

    @abstractmethod
    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """What each row costs in units of `base_loss`, [batch]: 1 is as good as always predicting the base rate."""

    @abstractmethod
    def estimate(self, output: Tensor) -> Tensor:
        """The prediction before calibration in units of what is typical, [batch, 1]."""

    @abstractmethod
    def taught(self, label: Tensor) -> Tensor:
        """The outputs that a label stands for, [batch, num_outputs]."""

    @abstractmethod
    def predict(self, output: Tensor, calibration: Calibration) -> dict[str, Tensor]:
        """By field of the answer, [batch] each."""
